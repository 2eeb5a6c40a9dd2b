#include "core/line/line_model.h"

#include <algorithm>
#include <utility>

#include "core/line/framing.h"

namespace voip {
namespace {

// A queue of so many packets of the full size is none: one that is on its way, and one of another.
constexpr std::int64_t few_packets = 2;
constexpr std::int64_t packet_bits = 12'112;  // of 1514 bytes
constexpr Duration least_queue = 15ms;
constexpr Duration most_least_queue = 60ms;
constexpr std::uint32_t least_answers = 2;
constexpr Duration no_late_answer = 100ms;  // receivers keep an acknowledgement back for 40 ms (RFC 9293 allows 500, few do)
constexpr std::uint64_t most_rest_percent = 30;
constexpr std::size_t most_waited = 16;
constexpr Duration home_queue = 40ms;       // devices keep acknowledgements back for so long
constexpr std::uint32_t home_kbit = 1'000;  // slower traffic is no matter of the home

bool contains(const std::vector<IpPrefix>& networks, const IpPrefix& network) {
  return std::find(networks.begin(), networks.end(), network) != networks.end();
}

std::uint32_t rate(std::uint64_t bytes, Duration over) {
  return over <= Duration::zero() ? 0 : static_cast<std::uint32_t>(bytes * 8 / static_cast<std::uint64_t>(over.count()));
}

Duration threshold(std::uint32_t kbit) {
  return std::min(least_queue + Duration(few_packets * packet_bits / std::max<std::int64_t>(kbit, 1)), most_least_queue);
}

}  // namespace

void LineModel::restore(const LineState& kept) {
  up_.capacity.restore(kept.up);
  down_.capacity.restore(kept.down);
  up_.capacity.tell(state_.up);
  down_.capacity.tell(state_.down);
}

void LineModel::forget() {
  up_ = {};
  down_ = {};
  drops_ = {};
  const std::string blocker = state_.blocker;
  state_ = {};
  state_.blocker = blocker;
}

void LineModel::looked_away() {
  up_.kbit = down_.kbit = up_.carried_kbit = down_.carried_kbit = 0;
  up_.queue = down_.queue = {};
  state_.up.queue.reset();
  state_.down.queue.reset();
  state_.bottleneck = Bottleneck::unknown;
}

bool LineModel::is_full(Direction direction) const {
  return way(direction).queue.stands() && state_.bottleneck != Bottleneck::far_end;
}

bool LineModel::is_calm(Direction direction) const {
  const Queue& queue = way(direction).queue;
  return queue.behind.empty() && queue.length && *queue.length < queue.threshold;
}

// By the clocks of the other ends; where they do not tell, the direction that carries by far the most has the queue.
std::optional<Duration> LineModel::queue_of(const NetworkDelays& network, Direction direction) const {
  const bool is_up = direction == Direction::up;
  if (network.outgoing && network.incoming) {
    return is_up ? network.outgoing : network.incoming;
  }
  if (!is_up && network.incoming) {
    return network.incoming;
  }
  const std::uint64_t here = is_up ? up_.kbit : down_.kbit;
  const std::uint64_t there = is_up ? down_.kbit : up_.kbit;
  // What a download acknowledges is up to a twentieth of it.
  return network.queues && here > 4 * there ? network.queues : std::nullopt;
}

void LineModel::look_at_queue(Way& way, const TcpInterval& tcp, Direction direction) const {
  Queue& queue = way.queue;
  queue = {};
  queue.threshold = threshold(way.kbit);
  for (const NetworkDelays& network : tcp.networks) {
    const auto length = queue_of(network, direction);
    if (!length) {
      continue;
    }
    if (*length >= queue.threshold && (network.answers >= least_answers || *length >= no_late_answer)) {
      queue.behind.push_back(network.remote);
      queue.length = std::min(queue.length.value_or(*length), *length);
    } else if (*length < queue.threshold / 2) {
      queue.is_denied = queue.is_denied || contains(way.waited, network.remote);
      queue.length = queue.behind.empty() ? std::min(queue.length.value_or(*length), *length) : queue.length;
    }
  }
  if (queue.is_denied) {
    queue.length = Duration::zero();
  }
  for (const IpPrefix& network : queue.behind) {
    if (!contains(way.waited, network)) {
      if (way.waited.size() == most_waited) {
        way.waited.erase(way.waited.begin());
      }
      way.waited.push_back(network);
    }
  }
}

void LineModel::learn(Way& way, std::uint64_t bytes, const LineSampled& sample) {
  if (way.queue.stands()) {
    const auto& behind = way.queue.behind;
    way.capacity.carried(bytes, sample.over, behind.size() > 1 ? std::nullopt : std::optional(behind.front()), sample.at);
  }
}

// What enters the modem is not what leaves it: some is dropped there, and sent again. Of TCP the other ends tell what has
// arrived.
std::optional<std::uint64_t> LineModel::delivered_bytes(const LineSampled& sample) const {
  const TcpInterval& tcp = *sample.tcp;
  if (tcp.payload_sent == 0) {
    return std::nullopt;
  }
  const auto beyond = [](std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; };
  const Counters rest{beyond(sample.up.packets, tcp.sent.packets), beyond(sample.up.bytes, tcp.sent.bytes)};
  // Of the rest nobody tells how much of it the modem drops: little where it is little, as what a download acknowledges mostly
  // is.
  const std::uint64_t rest_bytes = line_bytes(rest, settings_, sample.link_header);
  const std::uint64_t arrived = line_bytes(tcp.sent, settings_, sample.link_header) * tcp.payload_delivered / tcp.payload_sent;
  if (rest_bytes * 100 > (rest_bytes + arrived) * most_rest_percent) {
    return std::nullopt;
  }
  // While the queue grows less comes out of it than goes in.
  const Duration growth =
      up_.queue.length && queue_before_ ? std::max(*up_.queue.length - *queue_before_, Duration::zero()) : Duration::zero();
  return arrived + rest_bytes * static_cast<std::uint64_t>(sample.over.count()) /
                       static_cast<std::uint64_t>((sample.over + growth).count());
}

void LineModel::sampled(const LineSampled& sample, bool is_shaping) {
  const std::uint64_t up_bytes = line_bytes(sample.up, settings_, sample.link_header);
  const std::uint64_t down_bytes = line_bytes(sample.down, settings_, sample.link_header);
  up_.kbit = rate(up_bytes, sample.over);
  down_.kbit = rate(down_bytes, sample.over);
  up_.carried_kbit = up_.kbit;
  down_.carried_kbit = down_.kbit;
  if (!sample.tcp) {
    up_.queue = down_.queue = {};
    return;
  }
  queue_before_ = up_.queue.length;
  look_at_queue(up_, *sample.tcp, Direction::up);
  look_at_queue(down_, *sample.tcp, Direction::down);
  if (const auto delivered = delivered_bytes(sample)) {
    up_.carried_kbit = rate(*delivered, sample.over);
    learn(up_, *delivered, sample);
  }
  learn(down_, down_bytes, sample);
  for (const auto& [direction, bytes] : {std::pair(Direction::up, up_bytes), std::pair(Direction::down, down_bytes)}) {
    if (is_calm(direction)) {
      (direction == Direction::up ? up_ : down_).capacity.passed(bytes, sample.over, sample.at);
    }
  }
  up_.capacity.tell(state_.up);
  down_.capacity.tell(state_.down);
  state_.up.queue = up_.queue.length;
  state_.down.queue = down_.queue.length;
  state_.bottleneck = bottleneck(*sample.tcp, is_shaping);
  if (is_full(Direction::up)) {
    drops_.sampled(sample.tcp->payload_sent, sample.tcp->payload_delivered, sample.at);
  }
}

Bottleneck LineModel::bottleneck(const TcpInterval& tcp, bool is_shaping) const {
  const auto is_lines = [](const Way& way) { return way.queue.stands() && way.queue.behind.size() > 1; };
  if (is_lines(up_) || is_lines(down_)) {
    return !is_lines(down_) || (is_lines(up_) && up_.queue.length >= down_.queue.length) ? Bottleneck::upload
                                                                                         : Bottleneck::download;
  }
  const auto is_calm = [](const NetworkDelays& network) {
    return network.answers >= least_answers && network.queues && *network.queues < least_queue;
  };
  const bool has_calm = std::any_of(tcp.networks.begin(), tcp.networks.end(), is_calm);
  if (!up_.queue.behind.empty() || !down_.queue.behind.empty()) {
    // Where others answer without waiting, those that wait are behind a narrow place of their own.
    if (has_calm) {
      return Bottleneck::far_end;
    }
    // A single one waits behind the line's if what passes is what the line is known to carry.
    const bool is_up = !up_.queue.behind.empty();
    const std::optional<std::uint32_t> known = is_up ? state_.up.kbit : state_.down.kbit;
    const bool is_full = known && std::uint64_t{(is_up ? up_ : down_).kbit} * 100 >= std::uint64_t{*known} * 85;
    return !is_full ? Bottleneck::unknown : is_up ? Bottleneck::upload : Bottleneck::download;
  }
  if (!is_shaping && tcp.home_queue && *tcp.home_queue >= home_queue && std::max(up_.kbit, down_.kbit) >= home_kbit) {
    return Bottleneck::home;
  }
  return has_calm ? Bottleneck::none : Bottleneck::unknown;
}

}  // namespace voip
