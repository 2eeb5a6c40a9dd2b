// One direction of a flow, looked at once: what the grades are read from, and the bounds that they share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "detectors/call_history.h"

namespace voip::detectors {

// Mean sizes in bytes with the IPv4 header. IPv4, UDP and RTP headers are 40 bytes, so a voice packet has at least 41.
inline constexpr std::int64_t rtp_headers = 40;
inline constexpr std::int64_t least_rtp = 41;
inline constexpr std::int64_t least_voice = 48;          // with less, only an exact clock on both sides is believed
inline constexpr std::int64_t least_slow_voice = 56;     // slow codecs put more into a packet
inline constexpr std::int64_t most_voice = 330;          // 30 ms of G.711 with SRTP, or two frames together
inline constexpr std::int64_t most_clocked = 230;        // 20 ms of G.711 with SRTP through TURN
inline constexpr std::int64_t most_high_fidelity = 520;  // 20 ms of 192 kbit/s
inline constexpr std::int64_t most_rich = 1250;
inline constexpr std::int64_t least_bundle = 230;
inline constexpr std::int64_t least_bundle_per_half_second = 34;  // packets
inline constexpr std::int64_t most_bundle_per_half_second = 100;
// No voice codec speaks faster than G.711 with SRTP in 10 ms frames: 9000 payload bytes a second.
inline constexpr std::int64_t most_payload_per_half_second = 5000;
inline constexpr std::int64_t least_g711_per_second = 7600;  // 64 kbit/s, a frame less
inline constexpr std::int64_t most_g711_per_second = 9000;   // a frame more, with SRTP through TURN

inline bool is_within(std::int64_t value, std::int64_t least, std::int64_t most) {
  return value >= least && value <= most;
}

// One direction, looked at once. n counts packets of single quarters (n[0] the newest), t and y packets and bytes of the newest
// ones.
struct Look {
  std::array<std::int64_t, 8> n{};
  std::array<std::int64_t, 9> t{};
  std::array<std::int64_t, 9> y{};
  // A rhythm is known of what was read quarter by quarter, or second by second: a long reading spreads its packets evenly. That
  // of a codec's clock shows in half seconds too.
  bool has_half_second;
  bool has_2_half_seconds;
  bool has_4_quarters;
  bool has_8_quarters;
  bool has_2_seconds;

  Look(const CallHistory& history, Direction direction)
      : has_half_second(history.is_read(1, 2)),
        has_2_half_seconds(history.is_read(2, 2)),
        has_4_quarters(history.is_read(4)),
        has_8_quarters(history.is_read(8)),
        has_2_seconds(history.is_read(2, 4)) {
    for (int age = 0; age < 8; ++age) {
      const auto i = static_cast<std::size_t>(age);
      n.at(i) = history.packets_at(direction, age);
      t.at(i + 1) = t.at(i) + n.at(i);
      y.at(i + 1) = y.at(i) + history.bytes_at(direction, age);
    }
  }
  [[nodiscard]] std::int64_t least(std::size_t count) const { return *std::min_element(n.begin(), end(count)); }
  [[nodiscard]] std::int64_t most(std::size_t count) const { return *std::max_element(n.begin(), end(count)); }
  // Whether the mean size of the packets of the newest quarters lies in these bounds.
  [[nodiscard]] bool has_size(std::size_t count, std::int64_t least_size, std::int64_t most_size) const {
    return is_within(y.at(count), least_size * t.at(count), most_size * t.at(count));
  }
  [[nodiscard]] const std::int64_t* end(std::size_t count) const { return n.begin() + count; }
};

// What G.711 and G.722 send in 40 or 60 ms frames: larger packets than other voice, but at 64 kbit/s.
inline bool has_long_frames(const Look& look) {
  return (is_within(look.t[4], 24, 26) || is_within(look.t[4], 16, 17)) &&
         is_within(look.y[4] - rtp_headers * look.t[4], least_g711_per_second, most_g711_per_second);
}

}  // namespace voip::detectors
