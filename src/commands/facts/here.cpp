// What the process and the machine are.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/unique_fd.h"
#include "commands/facts/facts.h"
#include "system/read_start.h"

namespace voip {
namespace {

constexpr unsigned net_admin = 12;  // linux/capability.h
constexpr unsigned net_raw = 13;

bool exists(const char* path) {
  return ::access(path, F_OK) == 0;
}

}  // namespace

Platform look_at_platform() {
  return {.is_openwrt = exists("/etc/openwrt_release"), .is_container = exists("/.dockerenv") || exists("/run/.containerenv")};
}

Rights parse_rights(std::string_view process_status) {
  constexpr std::string_view key = "\nCapEff:\t";
  const std::size_t found = process_status.find(key);
  std::uint64_t bits = 0;
  if (found != std::string_view::npos) {
    const std::string_view rest = process_status.substr(found + key.size());
    std::from_chars(rest.data(), rest.data() + rest.size(), bits, 16);
  }
  return {(bits >> net_admin & 1U) != 0, (bits >> net_raw & 1U) != 0};
}

Rights own_rights() {
  return parse_rights(read_start("/proc/self/status"));
}

std::string why_no_headers() {
  // Protocol 0: no packet comes in.
  const UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket) {
    return "";
  }
  switch (errno) {
    case EPERM:
    case EACCES:
      return "needs CAP_NET_RAW; with Docker: --cap-add NET_RAW";
    case EAFNOSUPPORT:
      return "the kernel has no packet sockets";
    default:
      return std::string("packet sockets: ") + std::strerror(errno);
  }
}

}  // namespace voip
