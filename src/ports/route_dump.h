// Lists that the kernel gives over rtnetlink: links, addresses, routes, queueing disciplines. Needs no privilege.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ports/netlink_reader.h"

namespace voip {

// What one datagram of a dump says besides its entries.
struct DumpPart {
  bool is_last = false;
  bool is_interrupted = false;  // something changed meanwhile: entries may be missing or be there twice
  int error = 0;                // errno
};

// Calls `each` with the payload of every entry of that type (RTM_NEW*). Survives any bytes.
DumpPart walk_dump(Bytes datagram, std::uint16_t type, const std::function<void(Bytes payload)>& each);

class RouteDump {
 public:
  static Result<RouteDump> open();

  // Sends the request (RTM_GET*, with a fixed part of `body` bytes, all zero: everything) and gives each datagram of the answer
  // to `take`. Never waits: the kernel answers at once. `what` names the entries in an error.
  Status list(const std::string& what, std::uint16_t request, std::size_t body, const std::function<DumpPart(Bytes)>& take);

  // Whether a list since the last question was interrupted.
  bool take_interrupted() { return std::exchange(was_interrupted_, false); }

 private:
  explicit RouteDump(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
  bool was_interrupted_ = false;
};

// Reads lists that belong together by `read(RouteDump&)`, which returns a Result. Something that changes meanwhile lets it read
// again, from the beginning; after the third time it is taken as it is.
template <typename Read>
auto read_route_dumps(const Read& read) -> decltype(read(std::declval<RouteDump&>())) {
  constexpr int most_tries = 3;
  auto dump = RouteDump::open();
  if (!dump) {
    return Error{dump.error()};
  }
  for (int tries = 1;; ++tries) {
    auto result = read(*dump);
    if (!result || !dump->take_interrupted() || tries == most_tries) {
      return result;
    }
  }
}

}  // namespace voip
