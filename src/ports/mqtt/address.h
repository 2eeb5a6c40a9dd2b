// Where a broker is, taken apart from its URI. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace voip {

struct MqttAddress {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  bool has_tls = false;
};

// mqtt, tcp, mqtts, ssl, ws, wss and bare host:port; the port that the scheme has by custom where none is written.
MqttAddress parse_mqtt_uri(const std::string& uri);

}  // namespace voip
