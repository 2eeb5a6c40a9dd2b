#include "ports/mqtt/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace voip {
namespace {

struct Scheme {
  std::string_view name;
  std::uint16_t port;
  bool has_tls;
};

constexpr std::array<Scheme, 6> schemes{{{"mqtt", 1883, false},
                                         {"tcp", 1883, false},
                                         {"mqtts", 8883, true},
                                         {"ssl", 8883, true},
                                         {"ws", 80, false},
                                         {"wss", 443, true}}};

}  // namespace

MqttAddress parse_mqtt_uri(const std::string& uri) {
  MqttAddress address{{}, schemes.front().port, false};
  std::string_view rest = uri;
  if (const std::size_t end = rest.find("://"); end != std::string_view::npos) {
    const auto* const found =
        std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& scheme) { return scheme.name == rest.substr(0, end); });
    if (found != schemes.end()) {
      address.port = found->port;
      address.has_tls = found->has_tls;
    }
    rest.remove_prefix(end + 3);
  }
  rest = rest.substr(0, rest.find('/'));
  std::string_view port;
  if (!rest.empty() && rest.front() == '[') {
    const std::size_t end = rest.find(']');
    address.host = rest.substr(1, end - 1);
    port = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  } else {
    const std::size_t end = rest.rfind(':');
    address.host = rest.substr(0, end);
    port = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  }
  if (!port.empty() && port.front() == ':') {
    std::from_chars(port.data() + 1, port.data() + port.size(), address.port);
  }
  return address;
}

}  // namespace voip
