// Programs of packet sockets of kind SOCK_DGRAM (bpf(4), classic): their answer is how many bytes of a packet the socket gets.
#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace voip {

// What all have in common: it finds the TCP header of a packet that begins with its IP header; with what is none it goes to the
// last line of what follows, which passes nothing. (Not here: the kernel forgets which cells are filled after a return.) X: the
// length of the IP header. Cell 0: the length of what comes after that, 0 where it is not told; 1: that of the TCP header; 2:
// that of both headers.
inline constexpr std::array<sock_filter, 27> finds_tcp{{
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 10),
    // IPv4: TCP, no fragment.
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 21), BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 19, 0), BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
    BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_JMP | BPF_JA, 6),
    // IPv6: TCP without extension headers.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 12), BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 10), BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4), BPF_STMT(BPF_ST, 0),
    BPF_STMT(BPF_LDX | BPF_IMM, 40),
    // Both.
    BPF_STMT(BPF_LD | BPF_B | BPF_IND, 12), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
    BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_ST, 2), BPF_STMT(BPF_JMP | BPF_JA, 1),
    BPF_STMT(BPF_JMP | BPF_JA, 0),  // to the end of what follows
}};

template <std::size_t Size>
constexpr std::array<sock_filter, finds_tcp.size() + Size> of_tcp(const std::array<sock_filter, Size>& rest) {
  std::array<sock_filter, finds_tcp.size() + Size> program{};
  std::copy(finds_tcp.begin(), finds_tcp.end(), program.begin());
  program[finds_tcp.size() - 1].k = Size - 1;
  std::copy(rest.begin(), rest.end(), program.begin() + finds_tcp.size());
  return program;
}

// The IP and TCP headers of TCP segments, and nothing of what they hold. An acknowledgement that leaves and holds nothing is
// passed only if its header is long enough for timestamps (RFC 7323): without them no answer to it can be told. Of what comes
// with payload, and of such acknowledgements, one in `one_in` is passed, a power of two: they tell of delays, of which a few tell
// as much as all.
constexpr auto headers_of_tcp(std::uint32_t one_in) {
  return of_tcp(std::to_array<sock_filter>({
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
  }));
}

// The same of segments that open a connection, which tell how long the way is before it carries anything; and the first byte of
// one packet in `one_in` of any kind, by chance; 0: of none.
constexpr auto openings_of_tcp(std::uint32_t one_in) {
  const auto is_chosen = std::to_array<sock_filter>({
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_RANDOM)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, one_in - 1),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 1),
  });
  const auto opens = of_tcp(std::to_array<sock_filter>({
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 2),
      BPF_STMT(BPF_LD | BPF_MEM, 2),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }));
  std::array<sock_filter, is_chosen.size() + opens.size()> program{};
  std::copy(is_chosen.begin(), is_chosen.end(), program.begin());
  std::copy(opens.begin(), opens.end(), program.begin() + is_chosen.size());
  return program;
}

}  // namespace voip
