#include "core/model.h"

namespace voip {
namespace {

std::size_t hash_endpoint(const Endpoint& endpoint, std::size_t seed) {
  const std::array<std::uint8_t, 2> port{static_cast<std::uint8_t>(endpoint.port >> 8U),
                                         static_cast<std::uint8_t>(endpoint.port & 0xffU)};
  return hash_bytes(port, hash_bytes(endpoint.address.bytes(), seed));
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  const std::string address = endpoint.address.to_string();
  return (endpoint.address.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port);
}

IpPrefix remote_network(const IpAddress& address) {
  return {address, address.is_v6() ? 48U : 24U};
}

std::string to_string(const FlowKey& key) {
  std::string protocol = "protocol " + std::to_string(key.protocol);
  if (key.protocol == protocol_udp) {
    protocol = "udp";
  } else if (key.protocol == protocol_tcp) {
    protocol = "tcp";
  }
  return protocol + " " + to_string(key.client) + " - " + to_string(key.server) +
         (key.zone == 0 ? "" : " in zone " + std::to_string(key.zone));
}

std::optional<FlowKey> rtcp_of(const FlowKey& rtp) {
  constexpr std::uint16_t last = 65535;
  if (rtp.client.port == last || rtp.server.port == last) {
    return std::nullopt;
  }
  FlowKey rtcp = rtp;
  ++rtcp.client.port;
  ++rtcp.server.port;
  return rtcp;
}

std::optional<FlowKey> rtp_of(const FlowKey& rtcp) {
  if (rtcp.client.port == 0 || rtcp.server.port == 0) {
    return std::nullopt;
  }
  FlowKey rtp = rtcp;
  --rtp.client.port;
  --rtp.server.port;
  return rtp;
}

std::size_t FlowKeyHash::operator()(const FlowKey& key) const noexcept {
  return hash_endpoint(key.server, hash_endpoint(key.client, key.protocol + (std::size_t{key.zone} << 8U)));
}

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::automatic:
      return "auto";
    case Mode::on:
      return "on";
    case Mode::off:
      break;
  }
  return "off";
}

std::optional<Mode> parse_mode(std::string_view text) {
  for (const Mode mode : {Mode::automatic, Mode::on, Mode::off}) {
    if (text == to_string(mode)) {
      return mode;
    }
  }
  return std::nullopt;
}

std::string_view to_string(Qos qos) {
  switch (qos) {
    case Qos::off:
      return "off";
    case Qos::draining:
      return "draining";
    case Qos::on:
      break;
  }
  return "on";
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::idle:
      return "idle";
    case Reason::call:
      return "call";
    case Reason::release:
      return "release";
    case Reason::adopted:
      return "adopted";
    case Reason::manual:
      return "manual";
    case Reason::too_long:
      return "too_long";
    case Reason::pause:
      return "pause";
    case Reason::stopping:
      break;
  }
  return "stopping";
}

std::string_view to_string(CallKind kind) {
  switch (kind) {
    case CallKind::unknown:
      return "unknown";
    case CallKind::voice:
      return "voice";
    case CallKind::video:
      break;
  }
  return "video";
}

std::string_view to_string(Sight sight) {
  switch (sight) {
    case Sight::ok:
      return "ok";
    case Sight::limited:
      return "limited";
    case Sight::blind:
      break;
  }
  return "blind";
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::any:
      return "any";
    case Role::phone:
      return "phone";
    case Role::never:
      break;
  }
  return "never";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::any, Role::phone, Role::never}) {
    if (text == to_string(role)) {
      return role;
    }
  }
  return std::nullopt;
}

}  // namespace voip
