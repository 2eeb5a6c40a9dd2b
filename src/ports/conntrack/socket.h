// A netlink socket to the kernel's conntrack, and the buffers in which messages are received, many by one system call.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "system/netlink_reader.h"

namespace voip {

class ConntrackSocket {
 public:
  // Fails where the kernel has no netfilter netlink. Never blocks in receiving.
  static Result<ConntrackSocket> open();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Beyond net.core.rmem_max where we have the right; the kernel doubles the number for its own bookkeeping.
  void set_receive_buffer(int bytes);
  // Events of new flows, and of ended ones. The errno, or 0.
  [[nodiscard]] int hear_births();
  [[nodiscard]] int hear_ends(bool wanted);
  // The errno, or 0. The kernel answers within the call: what it has to say is already queued afterwards.
  [[nodiscard]] int send(Bytes requests);

 private:
  explicit ConntrackSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

class ReceiveBuffers {
 public:
  ReceiveBuffers();
  ~ReceiveBuffers();

  // Takes queued datagrams. Their number, 0 when there are none, or -errno (ENOBUFS: the queue overflowed; ask again).
  int receive(int fd);
  // The datagram of the last receive(); one that is longer than a buffer is cut.
  [[nodiscard]] Bytes at(int index) const;
  static constexpr int most = 64;

  // One datagram as long as all the buffers together, for dumps. Its bytes, or -errno as above.
  int receive_long(int fd);
  [[nodiscard]] Bytes long_one(int length) const;

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

}  // namespace voip
