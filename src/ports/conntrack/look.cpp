// What commands may see of the connection table without a port.
#include <cerrno>
#include <utility>

#include "ports/conntrack/conntrack.h"
#include "ports/conntrack/listing.h"
#include "ports/conntrack/queries.h"
#include "ports/conntrack/sight.h"

namespace voip {

int try_lookup() {
  auto socket = ConntrackSocket::open();
  if (!socket) {
    return errno == 0 ? EPROTONOSUPPORT : errno;
  }
  ReceiveBuffers buffers;
  return ConntrackQueries(std::move(*socket), buffers).look_up_nothing();
}

SightChanged try_tracking(const Lan& lan) {
  auto socket = ConntrackSocket::open();
  if (!socket) {
    return {};
  }
  ReceiveBuffers buffers;
  ConntrackQueries queries(std::move(*socket), buffers);
  return queries.look_up_nothing() == ENOENT ? look_at_tracking(queries, lan) : SightChanged{};
}

bool list_connections(CommandLoop& commands, std::uint8_t protocol, Duration limit,
                      const std::function<bool(const ConntrackEntry&)>& take) {
  ReceiveBuffers buffers;
  ConntrackListing listing(commands.loop(), buffers, protocol, take);
  listing.start();
  return commands.wait_until([&listing] { return !listing.is_under_way(); }, limit);
}

}  // namespace voip
