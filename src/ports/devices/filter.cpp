#include "ports/devices/filter.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace voip {
namespace {

constexpr std::uint32_t accept_all = 0xffffffff;
constexpr std::uint32_t family_at = NLMSG_HDRLEN + offsetof(ndmsg, ndm_family);
constexpr std::uint32_t state_at = NLMSG_HDRLEN + offsetof(ndmsg, ndm_state);
constexpr std::uint32_t attributes_at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ndmsg));
constexpr std::uint32_t nlattr_lookup = static_cast<std::uint32_t>(SKF_AD_OFF) + static_cast<std::uint32_t>(SKF_AD_NLATTR);
// A new hardware address comes with one of these; the other states are of asking for it, and of asking again.
constexpr std::uint16_t telling_states = NUD_REACHABLE | NUD_STALE | NUD_PERMANENT | NUD_NOARP;

class Program {
 public:
  void add(unsigned code, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    instructions_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, value});
  }
  void load_byte(std::uint32_t at) { add(BPF_LD | BPF_B | BPF_ABS, at); }
  // A filter reads in network order; netlink's own fields are in the machine's.
  void load_half(std::uint32_t at) { add(BPF_LD | BPF_H | BPF_ABS, at); }
  void finish(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  void drop() { finish(0); }
  // Goes on only if the attribute is there; its offset is in X then.
  void find_attribute(std::uint16_t type) {
    add(BPF_LDX | BPF_IMM, type);
    add(BPF_LD | BPF_IMM, attributes_at);
    add(BPF_LD | BPF_W | BPF_ABS, nlattr_lookup);
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    drop();
    add(BPF_MISC | BPF_TAX, 0);
  }
  // Accepts if the found attribute's value begins with the bytes; their number is even.
  void accept_if(std::span<const std::uint8_t> bytes) {
    const std::size_t words = bytes.size() / 4;
    const std::size_t steps = 2 * words + (bytes.size() % 4 != 0 ? 2 : 0);
    std::size_t step = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t width = bytes.size() - at >= 4 ? 4 : 2;
      std::uint32_t value = 0;
      for (const std::uint8_t byte : bytes.subspan(at, width)) {
        value = value << 8U | byte;
      }
      add(BPF_LD | (width == 4 ? BPF_W : BPF_H) | BPF_IND, static_cast<std::uint32_t>(NLA_HDRLEN + at));
      // A mismatch skips the rest of the comparison and its verdict.
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<std::uint8_t>(steps - step - 1));
      step += 2;
      at += width;
    }
    finish(accept_all);
  }
  void append(const Program& part) {
    instructions_.insert(instructions_.end(), part.instructions_.begin(), part.instructions_.end());
  }
  [[nodiscard]] std::size_t size() const { return instructions_.size(); }
  [[nodiscard]] std::vector<sock_filter> take() { return std::move(instructions_); }

 private:
  std::vector<sock_filter> instructions_;
};

Program beginning() {
  Program program;
  program.load_half(offsetof(nlmsghdr, nlmsg_type));
  program.add(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELNEIGH), 0, 1);
  program.drop();
  program.add(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWNEIGH), 1, 0);
  program.finish(accept_all);
  // One buffer of a dump holds many messages, and the filter sees only the first.
  program.load_half(offsetof(nlmsghdr, nlmsg_flags));
  program.add(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_MULTI), 0, 1);
  program.finish(accept_all);
  program.load_byte(family_at);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
  program.drop();
  program.load_half(state_at);
  program.add(BPF_JMP | BPF_JSET | BPF_K, htons(telling_states), 1, 0);
  program.drop();
  return program;
}

}  // namespace

std::vector<sock_filter> neighbour_filter(std::span<const HardwareAddress> hardware, std::span<const IpAddress> addresses) {
  Program program = beginning();
  program.find_attribute(NDA_LLADDR);
  for (const HardwareAddress& one : hardware) {
    program.accept_if(one);
  }
  program.find_attribute(NDA_DST);
  Program of_v4;
  Program of_v6;
  for (const IpAddress& address : addresses) {
    (address.is_v6() ? of_v6 : of_v4).accept_if(address.bytes());
  }
  of_v4.drop();
  of_v6.drop();
  program.load_byte(family_at);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0);
  program.add(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(of_v4.size()));
  program.append(of_v4);
  program.append(of_v6);
  if (program.size() > BPF_MAXINSNS) {
    program = beginning();
    program.finish(accept_all);
  }
  return program.take();
}

}  // namespace voip
