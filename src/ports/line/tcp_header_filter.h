// Programs of packet sockets of kind SOCK_DGRAM (bpf(4), classic): their answer is how many bytes of a packet the socket gets.
#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <array>
#include <cstdint>

namespace voip {

// One packet in so many, by chance, and of it one byte. `packets` is a power of two.
constexpr std::array<sock_filter, 5> one_packet_in(std::uint32_t packets) {
  return {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_RANDOM)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, packets - 1),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
}

// The IP and TCP headers of TCP segments, and nothing of what they hold. An acknowledgement that leaves and holds nothing is
// passed only if its header is long enough for timestamps (RFC 7323): without them no answer to it can be told. Of what comes
// with payload, and of such acknowledgements, one in `one_in` is passed, a power of two: they tell of delays, of which a few tell
// as much as all. The packet begins with its IP header.
// Cell 0: the length of what comes after it, 0 where it is not told; 1: that of the TCP header; 2: that of both headers. X: that
// of the IP header, until something is to be compared.
constexpr std::array<sock_filter, 44> headers_of_tcp(std::uint32_t one_in) {
  return {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 10),
      // IPv4: TCP, no fragment.
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 38),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 36, 0),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
      BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
      BPF_STMT(BPF_ST, 0),
      BPF_STMT(BPF_JMP | BPF_JA, 6),
      // IPv6: TCP without extension headers.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 29),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 27),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_STMT(BPF_ST, 0),
      BPF_STMT(BPF_LDX | BPF_IMM, 40),
      // Both.
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 12),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
      BPF_STMT(BPF_ST, 1),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
      BPF_STMT(BPF_ST, 2),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 3, 0),
      // It comes: all that holds nothing.
      BPF_STMT(BPF_LD | BPF_MEM, 0),
      BPF_STMT(BPF_LDX | BPF_MEM, 1),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 11, 8),
      // It leaves: SYN or FIN, a length that is not told, or some payload; else timestamps.
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x03, 9, 0),
      BPF_STMT(BPF_LD | BPF_MEM, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 7, 0),
      BPF_STMT(BPF_LDX | BPF_MEM, 1),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 5),
      BPF_STMT(BPF_LD | BPF_MEM, 1),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 32, 0, 5),
      // One in so many.
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_RANDOM)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, one_in - 1),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
      BPF_STMT(BPF_LD | BPF_MEM, 2),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
}

}  // namespace voip
