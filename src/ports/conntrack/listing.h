// Lists the whole connection table without holding up the loop: some entries each turn, IPv4 first, then IPv6.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "ports/conntrack/messages.h"
#include "ports/conntrack/socket.h"
#include "system/loop.h"

namespace voip {

class ConntrackListing {
 public:
  // `protocol`: the only one wanted, if it is one. `take` gets every entry that the kernel lists, wanted or not, and says whether
  // to go on.
  ConntrackListing(Loop& loop, ReceiveBuffers& buffers, std::optional<std::uint8_t> protocol,
                   std::function<bool(const ConntrackEntry&)> take);
  ~ConntrackListing();
  ConntrackListing(const ConntrackListing&) = delete;
  ConntrackListing& operator=(const ConntrackListing&) = delete;

  // A listing that is under way is gone through to its end; then comes one more, however often it was asked for.
  void start();
  [[nodiscard]] bool is_under_way() const { return socket_.has_value(); }

 private:
  void ask();
  void receive();
  // False when this part of the listing is over.
  bool take_messages(Bytes received);
  void part_done();
  void fail(int error);
  void finish();

  Loop& loop_;
  ReceiveBuffers& buffers_;
  std::optional<std::uint8_t> protocol_;
  std::function<bool(const ConntrackEntry&)> take_;
  std::optional<ConntrackSocket> socket_;  // while a listing is under way
  ConntrackRequests request_;
  bool is_v6_ = false;
  bool again_ = false;
  bool has_failed_ = false;  // and we have said so
};

}  // namespace voip
