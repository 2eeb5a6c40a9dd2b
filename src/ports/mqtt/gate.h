// Stands between the library and what it reads of a broker. The library takes memory for a packet as long as its header says,
// whatever that is, and keeps each message of QoS 2 until the broker allows it to be told of; it has no bound for either. So its
// reading, recv() and SSL_read(), is done here: where a packet begins that must not be taken, the connection has broken.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "ports/mqtt/payload/packets.h"

namespace voip {

// Nothing that the node is told comes near it. A broker that speaks MQTT 5 keeps what is larger to itself; where one sends it all
// the same, that is the end of the connection.
inline constexpr std::size_t largest_incoming_bytes = 65'536;

struct MqttTurnedAway {
  BadPacket packet;
  std::string topic;  // of the message, cut; empty: it has none, or it was not there yet
};

// What was turned away last, since somebody asked. There is one connection at a time.
std::optional<MqttTurnedAway> take_turned_away();

}  // namespace voip
