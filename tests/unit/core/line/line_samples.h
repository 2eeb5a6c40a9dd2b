// Samples of a line as the WAN shows them: what passes in a quarter of a second, and what the answers of remote networks say.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/events.h"
#include "unit/simulation.h"

namespace voip::test {

inline const IpPrefix a_network{*IpAddress::parse("198.51.100.0"), 24};
inline const IpPrefix another_network{*IpAddress::parse("203.0.113.0"), 24};
inline constexpr Duration sample_length = 250ms;

inline NetworkDelays answers(const IpPrefix& remote, Duration outgoing, Duration incoming, std::uint32_t count = 10) {
  return {.remote = remote, .answers = count, .queues = outgoing + incoming, .outgoing = outgoing, .incoming = incoming};
}

// Packets of 1500 bytes without a header of the link.
inline Counters packets(std::uint64_t kbit) {
  const std::uint64_t bytes = kbit * static_cast<std::uint64_t>(sample_length.count()) / 8;
  return {.packets = (bytes + 1499) / 1500, .bytes = bytes};
}

struct SampleCase {
  std::uint64_t up_kbit = 0;       // that leave
  std::uint64_t arrived_kbit = 0;  // of that; all of it is TCP
  std::uint64_t down_kbit = 0;
  std::vector<NetworkDelays> networks{};
  std::optional<Duration> home_queue{};
};

inline LineSampled sample(Instant now, SampleCase what) {
  LineSampled told{
      .at = now, .over = sample_length, .up = packets(what.up_kbit), .down = packets(what.down_kbit), .link_header = 0};
  TcpInterval tcp;
  tcp.networks = std::move(what.networks);
  tcp.sent = told.up;
  tcp.payload_sent = told.up.bytes * 29 / 30;
  tcp.payload_delivered = what.up_kbit == 0 ? 0 : tcp.payload_sent * what.arrived_kbit / what.up_kbit;
  tcp.home_queue = what.home_queue;
  told.tcp = std::move(tcp);
  return told;
}

inline LineSampled counters_only(Instant now, std::uint64_t up_kbit, std::uint64_t down_kbit) {
  LineSampled told = sample(now, {.up_kbit = up_kbit, .arrived_kbit = up_kbit, .down_kbit = down_kbit});
  told.tcp.reset();
  return told;
}

}  // namespace voip::test
