#include "app/claim.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace voip {

UniqueFd claim_network() {
  // Names of the abstract kind (unix(7)) are of one network namespace each.
  constexpr std::string_view name = "voip-qosd";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path[1], name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  UniqueFd claim(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as bind(2) wants it
  if (claim.get() >= 0 && bind(claim.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return {};
  }
  return claim;
}

}  // namespace voip
