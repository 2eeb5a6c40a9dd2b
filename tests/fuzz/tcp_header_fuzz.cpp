// Headers of packets on the WAN, each after a byte of its length, and what is learnt of them.
#include "core/line/round_trips.h"
#include "fuzz/fuzz.h"
#include "ports/line/tcp_headers.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RoundTrips round_trips{Instant{}};
  Instant now{};
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at] & 0x7FU, size - at - 1);
    const bool leaves = (data[at] & 0x80U) != 0;
    ++at;
    if (const auto segment = read_tcp_segment({data + at, std::min(length, most_header_bytes)})) {
      leaves ? round_trips.left(*segment, now) : round_trips.came(*segment, now);
    }
    at += length;
    now += 1ms;
    if (data[at - length - 1] % 16 == 0) {
      const TcpInterval interval = round_trips.take_interval();
      fuzz::hold(interval.networks.size() <= 8, "networks are bounded");
      for (const NetworkDelays& network : interval.networks) {
        const auto is_length = [](const std::optional<Duration>& queue) { return !queue || *queue >= Duration::zero(); };
        fuzz::hold(is_length(network.queues) && is_length(network.outgoing) && is_length(network.incoming),
                   "no queue is shorter than none");
      }
    }
    for (const DelayMeasured& delay : round_trips.take()) {
      fuzz::hold(delay.delay >= Duration::zero() && delay.sent <= now, "an answer comes after what it answers");
    }
  }
  return 0;
}
