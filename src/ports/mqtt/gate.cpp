#include "ports/mqtt/gate.h"

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#if VOIP_TLS
// As OpenSSL declares them; the library needs them, we do not.
struct ssl_st;
#endif

namespace voip {
namespace {

constexpr std::size_t most_streams = 16;  // one lives, others may be about to end
constexpr std::size_t longest_shown = 100;

struct Stream {
  ino_t socket;
  IncomingPackets packets{largest_incoming_bytes};
  bool is_broken = false;
};

// A connection is read by one thread; that it has broken another one may notice.
thread_local std::vector<Stream> streams;  // that was read last at the end
std::mutex turned_away_mutex;
std::optional<MqttTurnedAway> turned_away;

// A descriptor may have been another socket's before; an inode was not, not lately.
std::optional<ino_t> internet_socket(int fd) {
  int domain = 0;
  socklen_t length = sizeof domain;
  struct stat info {};
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || (domain != AF_INET && domain != AF_INET6) ||
      fstat(fd, &info) != 0) {
    return std::nullopt;
  }
  return info.st_ino;
}

Stream& stream_of(ino_t socket) {
  const auto found = std::find_if(streams.begin(), streams.end(), [socket](const Stream& one) { return one.socket == socket; });
  if (found != streams.end()) {
    std::rotate(found, found + 1, streams.end());
    return streams.back();
  }
  if (streams.size() == most_streams) {
    streams.erase(streams.begin());
  }
  return streams.emplace_back(Stream{socket});
}

std::string topic_in(std::string_view begun) {
  if (begun.size() < 2) {
    return {};
  }
  const std::size_t length = static_cast<std::uint8_t>(begun[0]) * std::size_t{256} + static_cast<std::uint8_t>(begun[1]);
  const std::string_view topic = begun.substr(2, std::min(length, longest_shown));
  // What only looks like the beginning of a message is followed by anything.
  const bool is_text = std::all_of(topic.begin(), topic.end(), [](char c) { return static_cast<std::uint8_t>(c) >= ' '; });
  return std::string(is_text ? topic : std::string_view{});
}

void remember(MqttTurnedAway away) {
  const std::lock_guard lock(turned_away_mutex);
  turned_away = std::move(away);
}

// False: the connection has broken. `peek` shows what comes next, without taking it.
template <typename Peek>
bool may_pass(int fd, std::string_view bytes, const Peek& peek) noexcept {
  try {
    const auto socket = internet_socket(fd);
    if (!socket) {
      return true;  // of our own rooms, which talk to the kernel and on this machine
    }
    Stream& stream = stream_of(*socket);
    if (stream.is_broken) {
      return false;
    }
    const auto bad = stream.packets.look_at(bytes);
    if (bad) {
      stream.is_broken = true;
      std::array<char, 2 + longest_shown> next{};
      const auto shown = bad->is_topic_next ? peek(next.data(), next.size()) : 0;
      remember({*bad, topic_in({next.data(), static_cast<std::size_t>(std::max<ssize_t>(shown, 0))})});
      shutdown(fd, SHUT_RDWR);
    }
    return !bad;
  } catch (...) {
    return true;  // without memory for it
  }
}

#if VOIP_TLS
// The function that ours stands before, of the library that has it.
template <typename Function>
Function behind(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

using TlsRead = int (*)(ssl_st*, void*, int);
using TlsDescriptor = int (*)(const ssl_st*);
#endif

}  // namespace

std::optional<MqttTurnedAway> take_turned_away() {
  const std::lock_guard lock(turned_away_mutex);
  return std::exchange(turned_away, std::nullopt);
}

}  // namespace voip

// They stand before the C library's and OpenSSL's for the whole program, its libraries included. Under names of their own here,
// so that what headers make of the others does not concern them.
extern "C" {
__attribute__((visibility("default"), used)) ssize_t voip_recv(int fd, void* buffer, size_t size, int flags) __asm__("recv");

ssize_t voip_recv(int fd, void* buffer, size_t size, int flags) {
  const ssize_t got = recvfrom(fd, buffer, size, flags, nullptr, nullptr);
  const auto peek = [fd](char* next, size_t room) { return recvfrom(fd, next, room, MSG_PEEK | MSG_DONTWAIT, nullptr, nullptr); };
  if (got <= 0 || (static_cast<unsigned>(flags) & MSG_PEEK) != 0 ||
      voip::may_pass(fd, {static_cast<const char*>(buffer), std::min(static_cast<size_t>(got), size)}, peek)) {
    return got;
  }
  errno = ECONNRESET;
  return -1;
}

#if VOIP_TLS
__attribute__((visibility("default"), used)) int voip_tls_read(ssl_st* tls, void* buffer, int size) __asm__("SSL_read");

int voip_tls_read(ssl_st* tls, void* buffer, int size) {
  static const auto read_tls = voip::behind<voip::TlsRead>("SSL_read");
  static const auto peek_tls = voip::behind<voip::TlsRead>("SSL_peek");
  static const auto descriptor_of = voip::behind<voip::TlsDescriptor>("SSL_get_fd");
  const int got = read_tls(tls, buffer, size);
  const auto peek = [tls](char* next, size_t room) -> ssize_t { return peek_tls(tls, next, static_cast<int>(room)); };
  if (got <= 0 || voip::may_pass(descriptor_of(tls), {static_cast<const char*>(buffer), static_cast<size_t>(got)}, peek)) {
    return got;
  }
  errno = ECONNRESET;
  return -1;
}
#endif
}
