#include "ports/conntrack/socket.h"
#include "base/system_error.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace voip {
namespace {

// An entry with counters takes 220 bytes, with everything that a kernel can add to it (helper, labels, security context, NAT)
// some 600; a datagram of a dump up to 32 KB.
constexpr std::size_t buffer_bytes = 1024;

}  // namespace

Result<ConntrackSocket> ConntrackSocket::open() {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  const auto* kernel = reinterpret_cast<const sockaddr*>(&address);
  // Connected, so that only the kernel can answer.
  if (!fd || bind(fd.get(), kernel, sizeof address) != 0 || connect(fd.get(), kernel, sizeof address) != 0) {
    return system_error("open a netfilter netlink socket");
  }
  // An error need not carry our request back.
  const int on = 1;
  setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return ConntrackSocket(std::move(fd));
}

void ConntrackSocket::set_receive_buffer(int bytes) {
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
}

int ConntrackSocket::hear_births() {
  const int group = NFNLGRP_CONNTRACK_NEW;
  return setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0 ? 0 : errno;
}

int ConntrackSocket::hear_ends(bool wanted) {
  const int group = NFNLGRP_CONNTRACK_DESTROY;
  const int order = wanted ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;
  return setsockopt(fd_.get(), SOL_NETLINK, order, &group, sizeof group) == 0 ? 0 : errno;
}

int ConntrackSocket::send(Bytes requests) {
  return ::send(fd_.get(), requests.data(), requests.size(), 0) < 0 ? errno : 0;
}

struct ReceiveBuffers::Storage {
  std::array<std::array<std::uint8_t, buffer_bytes>, most> buffers{};
  std::array<iovec, most> vectors{};
  std::array<mmsghdr, most> headers{};
};

ReceiveBuffers::ReceiveBuffers() : storage_(std::make_unique<Storage>()) {
  for (std::size_t i = 0; i < most; ++i) {
    storage_->vectors.at(i) = {storage_->buffers.at(i).data(), buffer_bytes};
    storage_->headers.at(i).msg_hdr.msg_iov = &storage_->vectors.at(i);
    storage_->headers.at(i).msg_hdr.msg_iovlen = 1;
  }
}

ReceiveBuffers::~ReceiveBuffers() = default;

int ReceiveBuffers::receive(int fd) {
  const int count = recvmmsg(fd, storage_->headers.data(), most, MSG_DONTWAIT, nullptr);
  if (count >= 0) {
    return count;
  }
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

Bytes ReceiveBuffers::at(int index) const {
  const auto i = static_cast<std::size_t>(index);
  return Bytes(storage_->buffers.at(i)).first(std::min<std::size_t>(storage_->headers.at(i).msg_len, buffer_bytes));
}

int ReceiveBuffers::receive_long(int fd) {
  const ssize_t length = recv(fd, storage_->buffers.data(), sizeof storage_->buffers, MSG_DONTWAIT);
  if (length >= 0) {
    return static_cast<int>(length);
  }
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

Bytes ReceiveBuffers::long_one(int length) const {
  return {storage_->buffers.front().data(), static_cast<std::size_t>(length)};
}

}  // namespace voip
