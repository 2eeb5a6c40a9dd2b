#include "system/json.h"

namespace voip {

std::optional<std::uint64_t> whole_number(const Json& json, std::uint64_t most) {
  return json.is_number_unsigned() && json.get<std::uint64_t>() <= most ? std::optional(json.get<std::uint64_t>()) : std::nullopt;
}

std::optional<std::uint64_t> whole_number(const Json& object, const char* key, std::uint64_t most) {
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : whole_number(*found, most);
}

std::optional<Endpoint> endpoint_of(const Json& address, const Json& port) {
  const auto parsed = address.is_string() ? IpAddress::parse(address.get_ref<const std::string&>()) : std::nullopt;
  const auto at = whole_number(port, UINT16_MAX);
  return parsed && at ? std::optional(Endpoint{*parsed, static_cast<std::uint16_t>(*at)}) : std::nullopt;
}

}  // namespace voip
