// Addresses of unix(7), as bind(2), connect(2) and sendmsg(2) take them.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

namespace voip {

struct UnixAddress {
  sockaddr_un name{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

// Of a file. Empty: its path is too long (107 bytes).
std::optional<UnixAddress> unix_address(std::string_view path);
// Of a name that is in no folder, but of a network namespace, and gone with the socket.
std::optional<UnixAddress> abstract_address(std::string_view name);

}  // namespace voip
