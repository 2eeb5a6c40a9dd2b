// What is known of the line between the router and the provider: what each direction carries, and what stands in its queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

// Where the queue stands that a household notices now.
enum class Bottleneck : std::uint8_t { none, upload, download, home, far_end, unknown };
std::string_view to_string(Bottleneck bottleneck);  // as on MQTT: "far_end"

struct LineDirection {
  // In bytes as qos.tc.overhead, mpu and link_layer say that the line counts. Empty: not known.
  std::optional<std::uint32_t> kbit;
  std::uint32_t low_kbit = 0;     // the least that it was within a day; 0 with an unknown rate
  std::optional<Instant> learnt;  // when that was seen last
  std::optional<Duration> queue;  // that stands now; empty: nothing tells
  std::uint32_t calm_kbit = 0;    // the most that has passed within a day without a queue; 0: not seen
  std::uint32_t shaped_kbit = 0;  // to which it is shaped now by a rate that is learnt; 0: it is not
  friend bool operator==(const LineDirection&, const LineDirection&) = default;
};

struct LineState {
  LineDirection up;
  LineDirection down;
  Bottleneck bottleneck = Bottleneck::unknown;
  std::string blocker;  // why nothing can be learnt, for people; empty: nothing is in the way
  std::string step;     // what was done last to follow it in this call, and why, for people; empty: nothing
  friend bool operator==(const LineState&, const LineState&) = default;
};

// How closely the line is looked at. Each costs more than the one before.
enum class LineLook : std::uint8_t {
  off,
  openings,  // connections that open tell how long ways are before they are loaded
  stirring,  // ... and one packet in many wakes us up: an idle line costs nothing
  counters,  // of the WAN's device
  headers,   // and of TCP segments there
};

// What the answers of one remote network showed in one interval: of each queue the shortest, so that what stood there for a
// moment only is no queue.
struct NetworkDelays {
  IpPrefix remote;
  std::uint32_t answers = 0;
  std::optional<Duration> queues{};    // both ways together, beyond the shortest way that is known
  std::optional<Duration> outgoing{};  // by the other ends' clocks; empty: they do not tell
  std::optional<Duration> incoming{};
  friend bool operator==(const NetworkDelays&, const NetworkDelays&) = default;
};

// TCP over the WAN in one interval.
struct TcpInterval {
  std::vector<NetworkDelays> networks;  // of which something came; at most eight, those with the most answers first
  // What left with payload, as packets of the line and their IP bytes: what the kernel cuts into segments later counts as those.
  Counters sent;
  std::uint64_t payload_sent = 0;       // bytes
  std::uint64_t payload_delivered = 0;  // bytes that the other ends have told of for the first time
  // How long answers of the LAN's devices wait in the home: of the connection in which they waited longest, the shortest, beyond
  // the shortest that was seen there. Empty: nothing came for them.
  std::optional<Duration> home_queue;
};

}  // namespace voip
