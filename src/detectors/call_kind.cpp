#include "detectors/call_kind.h"

#include <algorithm>
#include <cstdint>

#include "detectors/call_look.h"

namespace voip::detectors {
namespace {

constexpr int looked_at = 12;              // quarters: 3 s
constexpr int least_rich = 6;              // of them, for pictures: probes of the line last a second or so
constexpr int most_rich_of_voice = 1;      // a file, or such a probe
constexpr Duration listened_for = 2500ms;  // pictures may come a second or two after the voice
constexpr int least_packets = 6;           // both ways: less is no evidence of anything

// In a quarter second one way. Opus, as Discord and Teams send it, stays below all of these; pictures at their smallest lie
// above.
constexpr int busy = 3;                        // packets
constexpr std::int64_t least_rich_size = 340;  // bytes with the IPv4 header
constexpr std::int64_t least_rich_payload = 2000;
// In all quarters that are looked at, one way: 88 kbit/s on the mean.
constexpr std::int64_t most_voice_payload = 33'000;

constexpr std::int64_t payload(std::int64_t packets, std::int64_t bytes) {
  return bytes - rtp_headers * packets;
}

// More than voice has, and in larger packets. Voice of high fidelity is as large, but keeps the clock of its codec.
bool is_rich(const CallHistory& flow, Direction direction, int age) {
  const std::int64_t packets = flow.packets_at(direction, age);
  const std::int64_t bytes = flow.bytes_at(direction, age);
  const bool is_high_fidelity = is_within(packets, 12, 13) && bytes <= most_high_fidelity * packets;
  return packets >= busy && bytes >= least_rich_size * packets && payload(packets, bytes) >= least_rich_payload &&
         !is_high_fidelity;
}

bool is_within_voice(const CallHistory& flow, Direction direction) {
  return payload(flow.packets(direction, looked_at), flow.bytes(direction, looked_at)) <= most_voice_payload;
}

}  // namespace

void CallKindFinder::begin(Instant now) {
  *this = {};
  began_ = now;
}

void CallKindFinder::look(const CallHistory& flow) {
  if (kind_ == CallKind::video) {
    return;
  }
  int rich = 0;
  for (int age = 0; age < looked_at; ++age) {
    rich += is_rich(flow, Direction::up, age) || is_rich(flow, Direction::down, age) ? 1 : 0;
  }
  if (rich >= least_rich) {
    kind_ = CallKind::video;
  } else if (rich > most_rich_of_voice || !is_within_voice(flow, Direction::up) || !is_within_voice(flow, Direction::down)) {
    has_more_ = true;
  } else if (flow.packets_both(looked_at) >= least_packets) {
    has_voice_ = true;
  }
}

void CallKindFinder::judge(Instant now) {
  if (kind_ == CallKind::unknown && now - began_ >= listened_for && has_voice_ && !has_more_) {
    kind_ = CallKind::voice;
  }
  has_voice_ = false;
  has_more_ = false;
}

}  // namespace voip::detectors
