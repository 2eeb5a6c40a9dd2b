#include "base/unix_address.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace voip {
namespace {

// From there on in the address, and with a zero after it.
std::optional<UnixAddress> address_of(std::string_view text, std::size_t begin) {
  UnixAddress address;
  if (begin + text.size() >= sizeof address.name.sun_path) {
    return std::nullopt;
  }
  address.name.sun_family = AF_UNIX;
  std::copy(text.begin(), text.end(), std::begin(address.name.sun_path) + begin);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + begin + text.size());
  return address;
}

}  // namespace

std::optional<UnixAddress> unix_address(std::string_view path) {
  auto address = address_of(path, 0);
  if (address) {
    ++address->length;  // the zero
  }
  return address;
}

// Its first byte is a zero, and all that is in its length is the name.
std::optional<UnixAddress> abstract_address(std::string_view name) {
  return address_of(name, 1);
}

}  // namespace voip
