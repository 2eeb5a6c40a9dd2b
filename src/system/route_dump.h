// Lists that the kernel gives over rtnetlink: links, addresses, routes, queueing disciplines. Needs no privilege.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "system/netlink_reader.h"

namespace voip {

// What one datagram of a dump says besides its entries.
struct DumpPart {
  bool is_last = false;
  bool is_interrupted = false;  // something changed meanwhile: entries may be missing or be there twice
  int error = 0;                // errno
  bool is_enough = false;       // set by the reader: the rest of the list is not wanted
};

// Calls `each` with the payload of every entry of that type (RTM_NEW*). Survives any bytes.
DumpPart walk_dump(Bytes datagram, std::uint16_t type, const std::function<void(Bytes payload)>& each);

class RouteDump {
 public:
  static Result<RouteDump> open();

  // Sends the request (RTM_GET*, with its fixed part; all zero: everything) and gives each datagram of the answer to `take`.
  // Never waits: the kernel answers at once. `what` names the entries in an error.
  template <typename Fixed>
  Status list(const std::string& what, std::uint16_t request, const Fixed& fixed, const std::function<DumpPart(Bytes)>& take) {
    static_assert(std::is_trivially_copyable_v<Fixed>);
    return list_bytes(what, request, Bytes(reinterpret_cast<const std::uint8_t*>(&fixed), sizeof fixed), take);
  }
  // From now on the kernel lists only what fits the fixed parts (Linux 4.20; older ones list everything).
  void filter();

  // Whether a list since the last question was interrupted.
  bool take_interrupted() { return std::exchange(was_interrupted_, false); }

 private:
  explicit RouteDump(UniqueFd socket) : socket_(std::move(socket)) {}
  Status list_bytes(const std::string& what, std::uint16_t request, Bytes fixed, const std::function<DumpPart(Bytes)>& take);

  UniqueFd socket_;
  bool is_filtered_ = false;
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
