// A packet socket goes from a command with all privileges to a daemon without CAP_NET_RAW, by way of the service manager, which
// keeps it and passes it on when it starts the daemon: sd_notify(3) FDSTORE=1, sd_listen_fds(3).
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/system_error.h"
#include "base/unique_fd.h"
#include "base/unix_address.h"
#include "base/words.h"
#include "ports/line/line.h"

namespace voip {
namespace {

constexpr std::string_view lent_name = "packets";
constexpr int first_passed = 3;  // SD_LISTEN_FDS_START
constexpr std::int64_t most_passed = 16;

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before there are threads
  return value == nullptr ? "" : value;
}

std::optional<UnixAddress> address_of(std::string_view place) {
  if (place.size() < 2 || (place[0] != '/' && place[0] != '@')) {
    return std::nullopt;
  }
  return place[0] == '@' ? abstract_address(place.substr(1)) : unix_address(place);
}

Status send_descriptor(int fd, UnixAddress address) {
  const UniqueFd manager(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!manager) {
    return system_error("open a socket to the service manager");
  }
  // Without FDPOLL=0 it would let go of the socket once its device goes down.
  std::string text = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + std::string(lent_name) + "\n";
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof fd)> control{};
  msghdr message{};
  message.msg_name = &address.name;
  message.msg_namelen = address.length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  if (sendmsg(manager.get(), &message, MSG_NOSIGNAL) < 0) {
    return system_error("hand the socket to the service manager");
  }
  return {};
}

bool is_packet_socket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_PACKET;
}

}  // namespace

Status lend_packet_socket() {
  const std::string place = variable("NOTIFY_SOCKET");
  const auto address = address_of(place);
  if (!address) {
    return Error{"nobody takes the socket: the service manager, which NOTIFY_SOCKET names, runs this"};
  }
  // Protocol 0: nothing comes in before the borrower has set a filter and chosen a device.
  const UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    return system_error("open a packet socket");
  }
  return send_descriptor(socket.get(), *address);
}

UniqueFd take_lent_packet_socket() {
  const auto process = parse_number(variable("LISTEN_PID"));
  const auto count = parse_number(variable("LISTEN_FDS"));
  const std::string names = variable("LISTEN_FDNAMES");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    unsetenv(name);  // NOLINT(concurrency-mt-unsafe): before there are threads
  }
  UniqueFd lent;
  if (process != getpid() || !count) {
    return lent;
  }
  std::string_view rest = names;
  for (int fd = first_passed; fd < first_passed + static_cast<int>(std::min<std::int64_t>(*count, most_passed)); ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    const std::string_view name = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (!lent && name == lent_name && is_packet_socket(fd)) {
      lent.reset(fd);
    }
  }
  return lent;
}

}  // namespace voip
