#include "ports/conntrack/conntrack.h"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "ports/conntrack/candidates.h"
#include "ports/conntrack/events.h"
#include "ports/conntrack/listing.h"
#include "ports/conntrack/queries.h"
#include "ports/conntrack/sight.h"
#include "system/loop.h"

namespace voip {
namespace {

// Readings that may still be in the hands of the engine. Their spans stay valid until their turn is over, however many a turn
// has.
class Readings {
 public:
  std::vector<FlowSample>& fresh(std::uint64_t turn) {
    if (turn != turn_) {
      turn_ = turn;
      std::swap(now_, before_);
      used_ = 0;
    }
    if (used_ == now_.size()) {
      now_.emplace_back();
    }
    now_[used_].clear();
    return now_[used_++];
  }

 private:
  std::uint64_t turn_ = 0;
  std::vector<std::vector<FlowSample>> now_;
  std::vector<std::vector<FlowSample>> before_;
  std::size_t used_ = 0;
};

class Conntrack final : public Port {
 public:
  Conntrack(const Settings& settings, std::vector<PortRule> ports, std::function<Result<Lan>()> find_lan,
            const ConntrackLimits& limits)
      : find_lan_(std::move(find_lan)),
        limits_(limits),
        enable_accounting_(settings.monitor.enable_accounting && limits.may_write),
        wanted_{{}, settings.detector.use == "threshold" && !settings.detector.threshold.udp_only, std::move(ports)},
        kernel_events_(limits.may_write ? settings.monitor.kernel_events : KernelEvents::all),
        call_mark_(settings.qos.call_mark) {}

  Status open(Loop& loop) override;
  void perform(const Action& action) override;
  void close() override;

 private:
  int connect();
  void follow_lan();
  void look();
  [[nodiscard]] std::optional<FlowKey> key_of(const ConntrackEntry& entry) const;
  void take_event(const ConntrackEntry& entry, ConntrackEvents::What what);
  bool take_listed(const ConntrackEntry& entry);
  void list();
  void read(std::span<const FlowKey> keys);

  std::function<Result<Lan>()> find_lan_;
  ConntrackLimits limits_;
  bool enable_accounting_;
  FlowFilter wanted_;
  KernelEvents kernel_events_;
  MarkSettings call_mark_;

  Loop* loop_ = nullptr;
  Lan lan_;
  SightChanged told_;
  ReceiveBuffers buffers_;  // shared: each of the three below is done with them when it returns
  std::optional<ConntrackEvents> events_;
  std::optional<ConntrackQueries> queries_;  // absent while the kernel has no conntrack
  std::optional<ConntrackListing> listing_;
  std::optional<CandidateEvents> candidates_;
  std::size_t listed_ = 0;
  bool at_once_ = true;
  Readings readings_;
  std::vector<FlowKey> gone_;
};

Status Conntrack::open(Loop& loop) {
  loop_ = &loop;
  events_.emplace(loop, buffers_, ConntrackEvents::Sizes{limits_.event_buffer_bytes, limits_.largest_event_buffer_bytes});
  const auto protocol = wanted_.with_tcp ? std::nullopt : std::optional(protocol_udp);
  listing_.emplace(loop, buffers_, protocol, [this](const ConntrackEntry& entry) { return take_listed(entry); });
  if (limits_.may_write) {
    candidates_.emplace(loop);
  }
  if (kernel_events_ == KernelEvents::all) {
    if (candidates_) {
      candidates_->tidy();
    }
  } else if (const auto refused = why_not_limit_events()) {
    log_warning("monitor.kernel_events = \"candidates\" is refused: " + *refused);
    kernel_events_ = KernelEvents::all;
  }
  follow_lan();
  if (connect() == EPERM) {
    return Error{"listen to conntrack: Operation not permitted: needs CAP_NET_ADMIN"};
  }
  look();
  return {};
}

void Conntrack::close() {
  if (candidates_) {
    candidates_->close();
    candidates_.reset();
  }
  listing_.reset();
  events_.reset();
  queries_.reset();
}

void Conntrack::perform(const Action& action) {
  if (const auto* order = std::get_if<ReadCounters>(&action)) {
    read(order->keys);
  } else if (std::holds_alternative<ListFlows>(action)) {
    list();
  } else if (const auto* listen = std::get_if<ListenForFlows>(&action)) {
    at_once_ = listen->at_once;
    events_->listen(at_once_);
  } else if (const auto* mark = std::get_if<MarkFlow>(&action); mark != nullptr && queries_ && limits_.may_write) {
    // Sent by itself: marks are rare, and must be there before the shaper is switched.
    queries_->mark(mark->key, mark->is_call ? call_mark_.value : 0, call_mark_.mask);
  }
}

// The errno, or 0.
int Conntrack::connect() {
  auto socket = ConntrackSocket::open();
  if (!socket) {
    return errno;
  }
  queries_.emplace(std::move(*socket), buffers_);
  int error = queries_->look_up_nothing();
  if (error == ENOENT) {
    error = events_->open(
        wanted_, [this](const ConntrackEntry& entry, ConntrackEvents::What what) { take_event(entry, what); },
        [this] { loop_->post(FlowsLost{}); });
  }
  if (error != 0) {
    queries_.reset();
  }
  return error;
}

void Conntrack::follow_lan() {
  auto lan = find_lan_();
  if (!lan) {
    log_debug("find the LAN: " + lan.error());
    return;
  }
  const bool is_other_lan = lan->prefixes() != lan_.prefixes() || lan->has_own_calls() != lan_.has_own_calls();
  lan_ = std::move(*lan);
  if (is_other_lan) {
    std::string text;
    for (const IpPrefix& prefix : lan_.prefixes()) {
      text += (text.empty() ? "" : ", ") + prefix.to_string();
    }
    log_info("the LAN is " + (text.empty() ? "not known, so no flow is watched: set monitor.lan" : text) +
             (lan_.has_own_calls() ? "; the router's own calls are watched too, since something on it listens for SIP" : ""));
  }
  auto clients = lan_.client_prefixes();
  if (clients == wanted_.lan) {
    return;
  }
  wanted_.lan = std::move(clients);
  events_->filter(wanted_);
  if (kernel_events_ == KernelEvents::candidates) {
    candidates_->limit(wanted_);
  }
}

void Conntrack::look() {
  const int error = queries_ ? queries_->look_up_nothing() : connect();
  SightChanged seen = judge_lookup(error == 0 ? ENOENT : error);
  if (seen.sight == Sight::ok) {
    seen = look_at_switches(enable_accounting_);
  }
  if (seen.sight == Sight::ok && queries_) {
    seen = look_at_tracking(*queries_, lan_);
  }
  if (seen.sight == Sight::ok) {
    seen = look_at_lan(lan_);
  }
  if (seen.sight == told_.sight && seen.why == told_.why) {
    return;
  }
  told_ = seen;
  if (seen.sight == Sight::ok) {
    log_info("conntrack can be seen again");
  } else {
    log_warning("calls may not be seen: " + seen.why);
  }
  loop_->post(std::move(seen));
}

std::optional<FlowKey> Conntrack::key_of(const ConntrackEntry& entry) const {
  if (entry.protocol != protocol_udp && !(wanted_.with_tcp && entry.protocol == protocol_tcp)) {
    return std::nullopt;
  }
  auto key =
      lan_.orient(entry.original_source, entry.original_destination, entry.reply_source, entry.reply_destination, entry.protocol);
  if (key) {
    const bool is_original = key->client == entry.original_source && key->server == entry.original_destination;
    key->zone = is_original ? entry.original_zone : entry.reply_zone;
  }
  return key;
}

void Conntrack::take_event(const ConntrackEntry& entry, ConntrackEvents::What what) {
  const auto key = key_of(entry);
  if (!key) {
    return;
  }
  if (what == ConntrackEvents::What::ended) {
    loop_->post(FlowGone{*key, entry.id});
  } else {
    loop_->post(
        FlowBorn{loop_->now(), *key, entry.id, entry.mark, entry.is_expected, what == ConntrackEvents::What::born_just_now, {}});
  }
}

bool Conntrack::take_listed(const ConntrackEntry& entry) {
  if (const auto key = key_of(entry)) {
    const std::uint64_t packets = entry.original.value_or(Counters{}).packets + entry.reply.value_or(Counters{}).packets;
    loop_->post(FlowBorn{loop_->now(), *key, entry.id, entry.mark, entry.is_expected, false, packets});
    if (++listed_ >= limits_.most_listed_flows) {
      log_warning("the LAN has too many flows: listed only the first " + std::to_string(listed_));
      return false;
    }
  }
  return true;
}

void Conntrack::list() {
  follow_lan();
  look();
  if (queries_) {
    listed_ = 0;
    listing_->start();
  }
}

void Conntrack::read(std::span<const FlowKey> keys) {
  if (!at_once_) {
    events_->take_queued();
  }
  auto& samples = readings_.fresh(loop_->turn());
  gone_.clear();
  if (queries_) {
    queries_->read(keys, samples, gone_);
  }
  loop_->post(CountersRead{loop_->now(), samples});
  for (const FlowKey& key : gone_) {
    loop_->post(FlowGone{key, 0});
  }
}

}  // namespace

std::unique_ptr<Port> make_conntrack(const Settings& settings, std::vector<PortRule> ports, std::function<Result<Lan>()> find_lan,
                                     const ConntrackLimits& limits) {
  return std::make_unique<Conntrack>(settings, std::move(ports), std::move(find_lan), limits);
}

std::unique_ptr<Port> make_conntrack(const Settings& settings, const std::vector<IpPrefix>& lan) {
  return make_conntrack(settings, {}, [lan]() -> Result<Lan> { return Lan(lan); });
}

}  // namespace voip
