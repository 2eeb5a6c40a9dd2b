#include "app/claim.h"

#include <sys/socket.h>

#include <utility>

#include "base/unix_address.h"

namespace voip {

UniqueFd claim_network() {
  const auto address = abstract_address("voip-qosd");
  UniqueFd claim(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return address && claim && bind(claim.get(), address->get(), address->length) == 0 ? std::move(claim) : UniqueFd();
}

}  // namespace voip
