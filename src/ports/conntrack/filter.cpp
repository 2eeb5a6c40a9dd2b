#include "ports/conntrack/filter.h"

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/system_error.h"
#include "core/model.h"

// Written by hand, because the library's filter knows single addresses only (no prefixes) and was wrong on big-endian machines
// before 1.1.0. The loads are right on every machine: the kernel finds attributes by itself (SKF_AD_NLATTR) and loads words in
// network order, as the addresses are.

namespace voip {
namespace {

constexpr std::size_t most_prefixes = 32;  // keeps the program far below BPF_MAXINSNS and net.core.optmem_max
constexpr std::uint32_t pass = 0xffffffffU;
constexpr std::uint32_t drop = 0;
constexpr std::size_t most_rules = 200;
constexpr std::uint32_t attributes_offset = NLMSG_HDRLEN + sizeof(nfgenmsg);
constexpr std::uint32_t find_attribute = static_cast<std::uint32_t>(SKF_AD_OFF) + SKF_AD_NLATTR;
// Words of the filter's own memory.
constexpr std::uint32_t port_verdict = 0;
constexpr std::uint32_t source_port = 1;
constexpr std::uint32_t destination_port = 2;
constexpr std::uint32_t find_nested = static_cast<std::uint32_t>(SKF_AD_OFF) + SKF_AD_NLATTR_NEST;

class Program {
 public:
  void add(unsigned code, std::uint32_t operand, unsigned if_true = 0, unsigned if_false = 0) {
    instructions_.push_back(
        {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false), operand});
  }
  void finish(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  void finish_by(std::uint32_t word) {
    add(BPF_LD | BPF_MEM, word);
    add(BPF_RET | BPF_A, 0);
  }

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

  // Goes on only if the address in the attribute at X lies in the prefix; jumps over `skipped` instructions otherwise.
  void unless_in_skip(const IpPrefix& prefix, std::size_t skipped) {
    const auto bytes = prefix.address().bytes();
    const std::size_t words = (prefix.length() + 31U) / 32U;
    for (std::size_t word = 0; word < words; ++word) {
      const unsigned bits = std::min(32U, prefix.length() - static_cast<unsigned>(word) * 32U);
      std::uint32_t value = 0;
      for (const std::uint8_t byte : bytes.subspan(word * 4, 4)) {
        value = (value << 8U) | byte;
      }
      add(BPF_LD | BPF_W | BPF_IND, static_cast<std::uint32_t>(NLA_HDRLEN + word * 4));
      add(BPF_ALU | BPF_AND | BPF_K, ~std::uint32_t{0} << (32U - bits));
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<unsigned>((words - word - 1) * 3 + skipped));
    }
  }

  void store(std::uint32_t word) { add(BPF_ST, word); }

  // Leaves the verdict of the first rule that fits one of the two ports in port_verdict.
  void judge_ports(const std::vector<PortRule>& rules) {
    std::vector<std::size_t> jumps_to_pass;
    std::vector<std::size_t> jumps_to_drop;
    for (std::size_t begin = 0, end = 0; begin < rules.size(); begin = end) {
      const bool can_matter = rules[begin].can_matter;
      while (end < rules.size() && rules[end].can_matter == can_matter) {
        ++end;
      }
      for (const std::uint32_t port : {source_port, destination_port}) {
        add(BPF_LD | BPF_MEM, port);
        for (std::size_t i = begin; i < end; ++i) {
          add(BPF_JMP | BPF_JGE | BPF_K, rules[i].first, 0, 2);
          add(BPF_JMP | BPF_JGT | BPF_K, rules[i].last, 1, 0);
          (can_matter ? jumps_to_pass : jumps_to_drop).push_back(instructions_.size());
          add(BPF_JMP | BPF_JA, 0);
        }
      }
    }
    land(jumps_to_pass);
    add(BPF_LD | BPF_IMM, pass);
    add(BPF_JMP | BPF_JA, 1);
    land(jumps_to_drop);
    add(BPF_LD | BPF_IMM, drop);
    store(port_verdict);
  }

  [[nodiscard]] std::vector<sock_filter>& instructions() { return instructions_; }

 private:
  // A conditional jump reaches 255 instructions, this one any distance.
  void land(const std::vector<std::size_t>& jumps) {
    for (const std::size_t jump : jumps) {
      instructions_[jump].k = static_cast<std::uint32_t>(instructions_.size() - jump - 1);
    }
  }

  std::vector<sock_filter> instructions_;
};

void find_port(Program& program, std::uint32_t attribute, std::uint32_t word) {
  program.find({CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, attribute});
  program.add(BPF_LD | BPF_H | BPF_IND, NLA_HDRLEN);
  program.store(word);
}

void drop_if_to_many(Program& program, bool is_v6) {
  const auto destination = static_cast<std::uint32_t>(is_v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST);
  program.find({CTA_TUPLE_ORIG, CTA_TUPLE_IP, destination});
  program.add(BPF_LD | BPF_B | BPF_IND, NLA_HDRLEN);
  // RFC 4291 2.7; RFC 5771 and RFC 919: 224.0.0.0/4 and the broadcast address, and between them nobody's addresses.
  program.add(BPF_JMP | BPF_JGE | BPF_K, is_v6 ? 0xff : 0xe0, 0, 1);
  program.finish(drop);
}

void pass_by_address(Program& program, const std::vector<IpPrefix>& prefixes, bool is_v6) {
  drop_if_to_many(program, is_v6);
  const auto source = static_cast<std::uint32_t>(is_v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC);
  for (const bool is_original : {true, false}) {
    program.find({static_cast<std::uint32_t>(is_original ? CTA_TUPLE_ORIG : CTA_TUPLE_REPLY), CTA_TUPLE_IP, source});
    for (const IpPrefix& prefix : prefixes) {
      if (prefix.address().is_v6() != is_v6) {
        continue;
      }
      // Of a flow from outside the port on our side may be another one behind the NAT: user space looks at it.
      program.unless_in_skip(prefix, is_original ? 2 : 1);
      if (is_original) {
        program.finish_by(port_verdict);
      } else {
        program.finish(pass);
      }
    }
  }
  program.finish(drop);
}

Program flow_program(const FlowFilter& filter) {
  Program program;
  program.find({CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_PROTO_NUM});
  program.add(BPF_LD | BPF_B | BPF_IND, NLA_HDRLEN);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, protocol_udp, 2, 0);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, filter.with_tcp ? protocol_tcp : protocol_udp, 1, 0);
  program.finish(drop);
  if (filter.lan.size() > most_prefixes) {
    program.finish(pass);
    return program;
  }
  find_port(program, CTA_PROTO_SRC_PORT, source_port);
  find_port(program, CTA_PROTO_DST_PORT, destination_port);
  program.judge_ports(filter.ports.size() > most_rules ? std::vector<PortRule>{} : filter.ports);
  Program v4;
  pass_by_address(v4, filter.lan, false);
  program.add(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN);  // nfgen_family
  program.add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1);
  program.add(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(v4.instructions().size()));
  program.instructions().insert(program.instructions().end(), v4.instructions().begin(), v4.instructions().end());
  pass_by_address(program, filter.lan, true);
  return program;
}

}  // namespace

Status attach_flow_filter(int fd, const FlowFilter& filter) {
  Program program = flow_program(filter);
  const sock_fprog attached{static_cast<unsigned short>(program.instructions().size()), program.instructions().data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0) {
    return system_error("attach the filter for conntrack events");
  }
  return {};
}

}  // namespace voip
