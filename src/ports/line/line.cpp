#include "ports/line/line.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.h"
#include "core/line/round_trips.h"
#include "ports/line/device_counters.h"
#include "ports/line/line_file.h"
#include "ports/line/packet_bunches.h"
#include "ports/line/packet_socket.h"
#include "system/loop.h"

namespace voip {
namespace {

constexpr Duration measured_interval = 20ms;  // of fetches, while delays are measured
constexpr Duration headers_interval = 50ms;
constexpr Duration openings_interval = 100ms;  // while only they are of interest
constexpr int most_packets = 2'000;            // in one fetch; what a fast line has beyond this is left unseen
constexpr Duration sample_interval = 250ms;
constexpr std::uint64_t enough_per_s = 500;  // headers of packets that tell of delays only
constexpr std::uint64_t few_per_s = 200;     // below half of it: to change the filter costs more than some headers do
constexpr std::uint32_t most_thinned_out = 64;

class LinePort : public Port {
 public:
  LinePort(std::string state_dir, FindWan find_wan, int lent)
      : find_wan_(std::move(find_wan)), headers_(lent), file_(std::move(state_dir)) {}

  Status open(Loop& loop) override {
    loop_ = &loop;
    read_of_ = file_.open(loop);
    return {};
  }

  void perform(const Action& action) override {
    if (const auto* order = std::get_if<MeasureDelay>(&action)) {
      measures_ = order->is_wanted;
      arrange();
    } else if (const auto* watch = std::get_if<WatchLine>(&action)) {
      look_ = watch->look;
      arrange();
    } else if (const auto* changed = std::get_if<LineChanged>(&action)) {
      file_.keep({read_of_, changed->line});
    } else if (std::holds_alternative<ObserveQos>(action) && is_wanted()) {
      // Links may have come, gone, or changed their places.
      if (const std::string wan = find_wan_(); wan != wan_ || !problem_.empty() || !headers_.is_on(wan)) {
        stop();
        arrange();
      }
    }
  }

  void close() override {
    look_ = LineLook::off;
    measures_ = false;
    stop();
    file_.close();
  }

 private:
  [[nodiscard]] bool is_wanted() const { return measures_ || look_ != LineLook::off; }
  [[nodiscard]] bool wants_headers() const { return measures_ || look_ == LineLook::headers; }
  [[nodiscard]] bool wants_samples() const { return look_ == LineLook::counters || look_ == LineLook::headers; }

  // Opens what is wanted and is not there, and closes what is there and not wanted.
  void arrange() {
    if (!is_wanted()) {
      stop();
      return;
    }
    if (headers_.is_open() && !headers_.is_on(wan_)) {
      stop();
    }
    if (!headers_.is_open() && !begin()) {
      stop();
      return;
    }
    if (wants_headers() != is_reading_) {
      wants_headers() ? begin_reading() : stop_reading();
    }
    if (wants_headers()) {
      headers_.pass_headers(measures_ ? 1 : one_in_);
    }
    bunches_.set_interval(measures_ ? measured_interval : is_reading_ ? headers_interval : openings_interval);
    if (wants_samples() != sampler_.has_value()) {
      wants_samples() ? begin_sampling() : stop_sampling();
    }
    if (!is_reading_) {
      headers_.pass_openings(look_ == LineLook::stirring);
    }
    if (const bool takes = is_reading_ || !wants_samples(); takes != bunches_.is_started()) {
      takes ? bunches_.start(*loop_, headers_.fd()) : bunches_.stop();
    }
  }

  bool begin() {
    wan_ = find_wan_();
    if (wan_.empty()) {
      cannot("find the WAN: there is none now");
      return false;
    }
    if (const Status opened = headers_.open(wan_); !opened) {
      cannot(opened.error());
      return false;
    }
    if (!std::exchange(problem_, "").empty()) {
      loop_->post(LineSightChanged{});
    }
    if (!read_of_.empty() && wan_ != read_of_) {
      loop_->post(LineReplaced{});
    }
    if (!round_trips_ || wan_ != read_of_) {
      round_trips_.emplace(loop_->now());
    }
    read_of_ = wan_;
    return true;
  }

  void stop() {
    bunches_.stop();
    stop_reading();
    stop_sampling();
    headers_.close();
  }

  void cannot(const std::string& why) {
    if (problem_ == why) {
      return;
    }
    problem_ = why;
    if (measures_) {
      log_warning("the delay on the line cannot be measured, so the queue is drained for qos.tc.drain_for: " + why);
    } else {
      log_info("the line is not looked at: " + why);
    }
    loop_->post(LineSightChanged{why});
  }

  // ---- openings, and one packet in many ----

  // Whether more is expected soon.
  bool take_bunch() {
    if (is_reading_) {
      return fetch();
    }
    if (take_packets().others && look_ == LineLook::stirring) {
      loop_->post(LineStirred{});
    }
    return false;
  }

  // ---- headers ----

  struct Taken {
    bool segments = false;
    bool others = false;
  };
  Taken take_packets() {
    const Instant now = loop_->now();
    const Loop::WallTime wall_now = loop_->wall(now);
    Taken taken;
    HeaderSocket::Header header;
    for (int i = 0; i < most_packets; ++i) {
      const HeaderSocket::Reading reading = headers_.read(header);
      if (reading == HeaderSocket::Reading::empty) {
        break;
      }
      if (reading == HeaderSocket::Reading::other) {
        taken.others = true;
        continue;
      }
      taken.segments = true;
      const auto age = wall_now - header.at.value_or(wall_now);
      const Instant at = now - std::chrono::duration_cast<Duration>(std::max(age, decltype(age)::zero()));
      header.leaves ? round_trips_->left(header.segment, at) : round_trips_->came(header.segment, at);
    }
    return taken;
  }

  void begin_reading() {
    is_reading_ = true;
    take_packets();  // openings
    headers_.lost();
    round_trips_->begin_again(loop_->now());
    stop_sampling();  // the next sample begins where the headers do
  }

  // Whether there was anything.
  bool fetch() {
    const Taken taken = take_packets();
    if (measures_) {
      for (const DelayMeasured& sample : round_trips_->take()) {
        loop_->post(sample);
      }
    }
    return taken.segments || taken.others;
  }

  void stop_reading() {
    if (is_reading_) {
      is_reading_ = false;
      headers_.pass_openings(false);
    }
  }

  // ---- samples ----

  void begin_sampling() {
    auto counters = read_device_counters(wan_);
    if (!counters) {
      cannot(counters.error());
      return;
    }
    link_header_ = link_header_of(wan_);
    counted_ = *counters;
    counted_at_ = loop_->now();
    sample_later();
  }

  void sample_later() {
    sampler_ = loop_->call_at(loop_->now() + sample_interval, [this] { sample(); });
  }

  [[nodiscard]] Counters packets_since(const Counters& before, const Counters& now) const {
    if (now.packets < before.packets || now.bytes < before.bytes) {
      return {};  // another device of that name
    }
    const std::uint64_t packets = now.packets - before.packets;
    const std::uint64_t bytes = now.bytes - before.bytes;
    return {.packets = packets, .bytes = bytes - std::min(bytes, packets * link_header_)};
  }

  void sample() {
    sample_later();
    if (is_reading_) {
      fetch();  // so that both tell of the same time
    }
    auto counters = read_device_counters(wan_);
    const Instant now = loop_->now();
    if (!counters || now <= counted_at_) {
      return;
    }
    LineSampled told{.at = now,
                     .over = now - std::exchange(counted_at_, now),
                     .up = packets_since(counted_.sent, counters->sent),
                     .down = packets_since(counted_.received, counters->received),
                     .link_header = link_header_};
    counted_ = *counters;
    if (is_reading_ && look_ == LineLook::headers) {
      TcpInterval tcp = round_trips_->take_interval();
      if (headers_.lost() != 0) {
        tcp.payload_sent = 0;  // not all of it was seen, so nothing can be said of how much arrived
      }
      told.tcp = std::move(tcp);
      thin_out((told.up.packets + told.down.packets) * 1000 / static_cast<std::uint64_t>(told.over.count()));
    }
    loop_->post(std::move(told));
  }

  void thin_out(std::uint64_t packets_per_s) {
    while (one_in_ > 1 && packets_per_s / one_in_ < few_per_s) {
      one_in_ /= 2;
    }
    while (one_in_ < most_thinned_out && packets_per_s / one_in_ > enough_per_s) {
      one_in_ *= 2;
    }
    if (!measures_) {
      headers_.pass_headers(one_in_);
    }
  }

  void stop_sampling() {
    if (sampler_) {
      loop_->cancel(*std::exchange(sampler_, std::nullopt));
    }
  }

  const FindWan find_wan_;
  Loop* loop_ = nullptr;
  LineLook look_ = LineLook::off;
  bool measures_ = false;
  std::string wan_;  // what is open is open on
  std::string problem_;
  HeaderSocket headers_;
  PacketBunches bunches_{[this] { return take_bunch(); }};
  bool is_reading_ = false;  // all headers
  std::uint32_t one_in_ = 1;
  std::optional<RoundTrips> round_trips_;
  std::string read_of_;  // the device that they and what is known are of
  std::optional<Loop::TimerId> sampler_;
  DeviceCounters counted_;
  Instant counted_at_{};
  std::uint32_t link_header_ = 14;
  LineFile file_;
};

}  // namespace

std::unique_ptr<Port> make_line(const Settings& settings, FindWan find_wan, int lent) {
  return std::make_unique<LinePort>(settings.node.state_dir, std::move(find_wan), lent);
}

}  // namespace voip
