#include "ports/conntrack_filter.h"

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/model.h"

// Written by hand, because the library's filter knows single addresses only (no prefixes) and was wrong on big-endian machines
// before 1.1.0. The loads are right on every machine: the kernel finds attributes by itself (SKF_AD_NLATTR) and loads words in
// network order, as the addresses are.

namespace voip {
namespace {

constexpr std::size_t most_prefixes = 32;  // keeps the program far below BPF_MAXINSNS and net.core.optmem_max
constexpr std::uint32_t pass = 0xffffffffU;
constexpr std::uint32_t drop = 0;
constexpr std::uint32_t attributes_offset = NLMSG_HDRLEN + sizeof(nfgenmsg);
constexpr std::uint32_t find_attribute = static_cast<std::uint32_t>(SKF_AD_OFF) + SKF_AD_NLATTR;
constexpr std::uint32_t find_nested = static_cast<std::uint32_t>(SKF_AD_OFF) + SKF_AD_NLATTR_NEST;

class Program {
 public:
  void add(unsigned code, std::uint32_t operand, unsigned if_true = 0, unsigned if_false = 0) {
    instructions_.push_back(
        {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false), operand});
  }
  void finish(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }

  // X becomes the offset of the attribute at the end of the path; a message without it passes.
  void find(std::initializer_list<std::uint32_t> path) {
    add(BPF_LD | BPF_IMM, attributes_offset);
    std::uint32_t how = find_attribute;
    for (const std::uint32_t type : path) {
      add(BPF_LDX | BPF_IMM, type);
      add(BPF_LD | BPF_W | BPF_ABS, how);
      add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
      finish(pass);
      how = find_nested;
    }
    add(BPF_MISC | BPF_TAX, 0);
  }

  // Passes if the address in the attribute at X lies in the prefix; goes on otherwise.
  void pass_if_in(const IpPrefix& prefix) {
    const auto bytes = prefix.address().bytes();
    const std::size_t words = (prefix.length() + 31U) / 32U;
    for (std::size_t word = 0; word < words; ++word) {
      const unsigned bits = std::min(32U, prefix.length() - static_cast<unsigned>(word) * 32U);
      std::uint32_t value = 0;
      for (const std::uint8_t byte : bytes.subspan(word * 4, 4)) {
        value = (value << 8U) | byte;
      }
      const auto rest = static_cast<unsigned>((words - word - 1) * 3 + 1);
      add(BPF_LD | BPF_W | BPF_IND, static_cast<std::uint32_t>(NLA_HDRLEN + word * 4));
      add(BPF_ALU | BPF_AND | BPF_K, ~std::uint32_t{0} << (32U - bits));
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, rest);
    }
    finish(pass);
  }

  [[nodiscard]] std::vector<sock_filter>& instructions() { return instructions_; }

 private:
  std::vector<sock_filter> instructions_;
};

void pass_by_address(Program& program, const std::vector<IpPrefix>& prefixes, bool is_v6) {
  for (const std::uint32_t tuple : {CTA_TUPLE_ORIG, CTA_TUPLE_REPLY}) {
    program.find({tuple, CTA_TUPLE_IP, static_cast<std::uint32_t>(is_v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC)});
    for (const IpPrefix& prefix : prefixes) {
      if (prefix.address().is_v6() == is_v6) {
        program.pass_if_in(prefix);
      }
    }
  }
  program.finish(drop);
}

Program flow_filter(const std::vector<IpPrefix>& prefixes, bool with_tcp) {
  Program program;
  program.find({CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_PROTO_NUM});
  program.add(BPF_LD | BPF_B | BPF_IND, NLA_HDRLEN);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, protocol_udp, 2, 0);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, with_tcp ? protocol_tcp : protocol_udp, 1, 0);
  program.finish(drop);
  if (prefixes.size() > most_prefixes) {
    program.finish(pass);
    return program;
  }
  Program v4;
  pass_by_address(v4, prefixes, false);
  program.add(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN);  // nfgen_family
  program.add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1);
  // A conditional jump reaches 255 instructions; this one any distance.
  program.add(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(v4.instructions().size()));
  program.instructions().insert(program.instructions().end(), v4.instructions().begin(), v4.instructions().end());
  pass_by_address(program, prefixes, true);
  return program;
}

}  // namespace

Status attach_flow_filter(int fd, const std::vector<IpPrefix>& prefixes, bool with_tcp) {
  Program program = flow_filter(prefixes, with_tcp);
  const sock_fprog attached{static_cast<unsigned short>(program.instructions().size()), program.instructions().data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0) {
    return Error{std::string("attach the filter for conntrack events: ") + std::strerror(errno)};
  }
  return {};
}

}  // namespace voip
