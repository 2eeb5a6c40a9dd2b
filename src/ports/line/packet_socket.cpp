#include "ports/line/packet_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "ports/line/tcp_header_filter.h"
#include "ports/line/tcp_headers.h"

namespace voip {
namespace {

constexpr int buffer_bytes = 1024 * 1024;

Error failure(const std::string& what) {
  const int error = errno;
  std::string text = what + ": " + std::strerror(error);
  if (error == EPERM || error == EACCES) {
    text += ": needs CAP_NET_RAW";
  } else if (error == EAFNOSUPPORT) {
    text += ": the kernel has no packet sockets (CONFIG_PACKET), or the service may not open them (RestrictAddressFamilies)";
  }
  return Error{std::move(text)};
}

Status attach(int fd, std::span<const sock_filter> filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return failure("attach a filter to a packet socket");
  }
  return {};
}

constexpr std::array<sock_filter, 1> nothing{{BPF_STMT(BPF_RET | BPF_K, 0)}};

void drop_what_came(int fd) {
  // An error that waits, as that of a device that went down, is read like a packet.
  for (char byte = 0; recv(fd, &byte, sizeof byte, MSG_DONTWAIT) >= 0 || errno == ENETDOWN || errno == EINTR;) {
  }
}

// Nothing comes in before a filter is there and the device is chosen.
Result<UniqueFd> open_socket(int lent) {
  UniqueFd fd(lent >= 0 ? fcntl(lent, F_DUPFD_CLOEXEC, 0) : socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    return failure("open a packet socket");
  }
  return fd;
}

Status listen(int fd, const std::string& device, unsigned index) {
  if (index == 0) {
    return failure("find the device " + device);
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);  // packets that leave are shown to no other protocol
  address.sll_ifindex = static_cast<int>(index);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure("listen to packets on " + device);
  }
  return {};
}

std::optional<std::chrono::system_clock::time_point> time_of(msghdr& message) {
  using Time = std::chrono::system_clock::time_point;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(part), sizeof time);
      const auto since_epoch = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
      return Time(std::chrono::duration_cast<Time::duration>(since_epoch));
    }
  }
  return std::nullopt;
}

}  // namespace

Status HeaderSocket::open(const std::string& device) {
  passing_ = Passing::openings;
  one_in_ = 0;
  auto opened = open_socket(lent_);
  if (!opened) {
    return Error{opened.error()};
  }
  if (Status attached = attach(opened->get(), nothing); !attached) {
    return attached;
  }
  const int yes = 1;
  if (setsockopt(opened->get(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) != 0) {
    return failure("set up a packet socket");
  }
  // Beyond net.core.rmem_max where we may, else up to that.
  if (setsockopt(opened->get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0 &&
      setsockopt(opened->get(), SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes) != 0) {
    return failure("set up a packet socket");
  }
  index_ = if_nametoindex(device.c_str());
  if (Status bound = listen(opened->get(), device, index_); !bound) {
    return bound;
  }
  drop_what_came(opened->get());  // of the device before
  if (Status attached = attach(opened->get(), openings_of_tcp(0)); !attached) {
    return attached;
  }
  fd_ = std::move(*opened);
  return {};
}

void HeaderSocket::close() {
  if (fd_ && lent_ >= 0 && attach(fd_.get(), nothing)) {
    drop_what_came(fd_.get());
  }
  fd_.reset();
}

bool HeaderSocket::is_on(const std::string& device) const {
  return fd_ && if_nametoindex(device.c_str()) == index_;
}

void HeaderSocket::pass(Passing what, std::uint32_t one_in) {
  if (what == passing_ && one_in == one_in_) {
    return;
  }
  const Status attached = what == Passing::headers
                              ? attach(fd_.get(), headers_of_tcp(one_in))
                              : attach(fd_.get(), openings_of_tcp(what == Passing::openings ? 0 : packets_for_a_stir));
  if (attached) {
    passing_ = what;
    one_in_ = one_in;
  }
}

void HeaderSocket::pass_openings(bool stirs) {
  pass(stirs ? Passing::openings_and_some : Passing::openings, 0);
}

void HeaderSocket::pass_headers(std::uint32_t one_in) {
  pass(Passing::headers, one_in);
}

HeaderSocket::Reading HeaderSocket::read(Header& header) {
  std::array<std::uint8_t, most_header_bytes> bytes{};
  alignas(cmsghdr) std::array<char, 64> control{};
  sockaddr_ll from{};
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t length = recvmsg(fd_.get(), &message, MSG_DONTWAIT);
  if (length < 0) {
    // ENETDOWN tells once that the device went down; if it comes back, so do its packets.
    return errno == ENETDOWN || errno == EINTR ? Reading::other : Reading::empty;
  }
  const bool leaves = from.sll_pkttype == PACKET_OUTGOING;
  if (!leaves && from.sll_pkttype != PACKET_HOST) {
    return Reading::other;
  }
  auto segment = read_tcp_segment(std::span(bytes).first(static_cast<std::size_t>(length)));
  if (!segment) {
    return Reading::other;
  }
  header = {*segment, leaves, time_of(message)};
  return Reading::header;
}

std::uint32_t HeaderSocket::lost() {
  tpacket_stats counted{};
  socklen_t size = sizeof counted;
  return getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &counted, &size) == 0 ? counted.tp_drops : 0;
}

}  // namespace voip
