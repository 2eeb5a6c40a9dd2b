#include "app/run.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "actuators/actuators.h"
#include "app/claim.h"
#include "app/daemon_ports.h"
#include "base/left_out.h"
#include "base/log.h"
#include "commands/common/exit_status.h"
#include "config/config.h"
#include "core/engine/engine.h"
#include "detectors/detectors.h"
#include "ports/line/line.h"
#include "ports/orders/orders.h"
#include "system/loop.h"
#include "terminal/output.h"

namespace voip {
namespace {

enum class Ending {
  asked_to,
  left_on,  // asked to, and QoS could not be switched off
  reload,
};

LogLevel log_level(const std::string& name) {
  if (name == "debug") {
    return LogLevel::debug;
  }
  if (name == "warning") {
    return LogLevel::warning;
  }
  return name == "error" ? LogLevel::error : LogLevel::info;
}

// Reads the file again; a wrong one is told and refused.
bool reload(const std::optional<std::string>& config_path, Settings& next) {
  auto loaded = config_path ? load_settings(*config_path) : load_default_settings();
  if (auto* settings = std::get_if<Settings>(&loaded)) {
    next = std::move(*settings);
    return true;
  }
  for (const Problem& problem : std::get<std::vector<Problem>>(loaded)) {
    log_error(to_string(problem));
  }
  log_error("the configuration is wrong; the old one goes on");
  return false;
}

// What the last step has brought about is still told to who waits for it; nothing else is begun any more.
void answer_last_questions(Loop& loop, Engine& engine, const Ports& ports) {
  for (const Event& event : loop.wait(loop.now())) {
    if (!std::holds_alternative<StatusRequested>(event)) {
      continue;
    }
    for (const Action& action : engine.step(loop.now(), event)) {
      if (std::holds_alternative<StatusReported>(action)) {
        perform(ports, action);
      }
    }
  }
}

// A call that is up is heard within two seconds: however often somebody wants it, no reload comes sooner after another.
constexpr Duration reload_pause = 3s;

// What goes from one life of the engine to the next.
struct Life {
  Settings settings;
  std::optional<OrdersInForce> in_force;
  int packets = -1;       // a packet socket that was lent to this process
  bool is_alone = false;  // no other daemon runs in this network
  bool is_anew = false;   // a reload has begun it
};

// One life of the engine: from a configuration to the end or to the next configuration. What orders say is read by the first.
// An error: it could not begin.
Result<Ending> live(Life& life, Extent extent, const std::optional<std::string>& config_path, Settings& next) {
  const Settings& settings = life.settings;
  std::optional<OrdersInForce>& in_force = life.in_force;
  auto opened = Loop::open();
  if (!opened) {
    return Error{opened.error()};
  }
  Loop& loop = **opened;
  const Actuator& actuator = *find_actuator(settings.qos.actuator);
  auto ports = make_ports(settings, actuator, {extent, life.packets, life.is_alone});
  if (const Status status = open_ports(ports, loop, extent); !status) {
    return Error{status.error()};
  }
  if (!in_force) {
    in_force = read_orders(settings, loop);
  }
  const Settings ordered = with_live_settings(settings, in_force->settings);
  Engine engine(ordered, find_detector(ordered.detector.use)->make(ordered),
                {.switches = actuator.switches, .drains = actuator.drains, .takes_rates = actuator.takes_rates});
  engine.restore(in_force->orders, loop.now());
  if (has_part("line")) {
    engine.restore(read_line(settings, loop));
  }

  const auto step = [&](const Event& event) {
    for (const Action& action : engine.step(loop.now(), event)) {
      perform(ports, action);
    }
  };
  const Instant may_reload = life.is_anew ? loop.now() + reload_pause : loop.now();
  bool is_asked_to_reload = false;
  bool wants_reload = false;
  bool was_asked = false;
  const std::vector<Event> begin{extent == Extent::farewell ? Event(StopRequested{}) : Event(DeadlineReached{})};
  const std::vector<Event>* events = &begin;
  while (true) {
    for (const Event& event : *events) {
      was_asked = was_asked || std::holds_alternative<StopRequested>(event);
      step(event);
    }
    if (engine.finished() || (wants_reload && !was_asked && !engine.is_switching() && takes_over(settings.qos, next.qos))) {
      break;
    }
    const auto deadline = engine.deadline();
    events = &loop.wait(is_asked_to_reload ? std::min(deadline.value_or(may_reload), may_reload) : deadline);
    is_asked_to_reload = loop.reload_requested() || is_asked_to_reload;
    if (is_asked_to_reload && loop.now() >= may_reload) {
      is_asked_to_reload = false;
      wants_reload = reload(config_path, next) || wants_reload;
      if (wants_reload && !takes_over(settings.qos, next.qos)) {
        step(StopRequested{.hands_over = true});
      }
    }
  }
  answer_last_questions(loop, engine, ports);
  // It is told at a pace; what was learnt since is kept too.
  std::vector<Action> last{LineChanged{engine.line()}};
  for (Call& call : engine.cut_calls(loop.now())) {
    last.emplace_back(CallCut{std::move(call)});
  }
  for (const Action& action : last) {
    perform(ports, action);
  }
  in_force = OrdersInForce{engine.orders(), engine.live_settings()};
  close_ports(ports);
  const std::string left_on = engine.left_on();
  if (!left_on.empty()) {
    log_error("QoS is left on, since it could not be switched off: " + left_on);
  }
  if (wants_reload && !was_asked) {
    return Ending::reload;
  }
  return left_on.empty() ? Ending::asked_to : Ending::left_on;
}

Result<Ending> begin(Life& life, Extent extent, const std::optional<std::string>& config_path, Settings& next) {
  const LogSettings& log = life.settings.log;
  if (const Status started = start_log(log_level(log.level), log.target, log.file); !started) {
    if (extent == Extent::whole) {
      return Error{started.error()};
    }
    log_error(started.error());
  }
  log_info("voip-qosd " VOIP_VERSION ": detector " + life.settings.detector.use + ", actuator " + life.settings.qos.actuator);
  if (!life.is_alone && !life.is_anew) {
    log_warning("another voip-qosd runs in this network: what is found there of one is left to it");
  }
  return live(life, extent, config_path, next);
}

// By habit some are sent to any daemon (USR1 to open the log again), or by the kernel. They mean nothing here, and to end by one
// at once would leave the line shaped. Programs that are started do not inherit it.
void ignore_meaningless_signals() {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR}) {
    std::signal(signal, SIG_IGN);
  }
}

}  // namespace

int run_daemon(const std::optional<std::string>& config_path) {
  ignore_meaningless_signals();
  const UniqueFd packets = take_lent_packet_socket();
  auto loaded = load_or_complain(config_path);
  if (!loaded) {
    return exit_usage;
  }
  const UniqueFd claim = claim_network();
  Life now{std::move(*loaded), {}, packets.get(), claim.get() >= 0};
  std::optional<Life> before;  // the one that a reload has ended
  Extent extent = Extent::whole;
  while (true) {
    Settings next;
    const Result<Ending> ended = begin(now, extent, config_path, next);
    if (!ended) {
      log_error(ended.error());
      if (!before || extent == Extent::farewell) {
        return exit_failed;
      }
      // Others rely on what was begun, and the line may be shaped: the old configuration goes on as far as it can.
      log_error(extent == Extent::whole ? "the configuration cannot be used; the old one goes on" : "the daemon cannot go on");
      extent = extent == Extent::whole ? Extent::remainder : Extent::farewell;
      now = *before;
    } else if (*ended != Ending::reload) {
      log_info(extent == Extent::farewell ? "ended after what policy.on_exit says was done, or tried" : "ended as asked");
      return extent == Extent::farewell || *ended == Ending::left_on ? exit_failed : exit_done;
    } else {
      before = now;
      // The file counts only where it was changed: an order from a phone outlives a reload.
      if (next.policy.mode != now.settings.policy.mode) {
        now.in_force->orders = {.lasting = next.policy.mode, .override_mode = {}, .override_until = {}};
      }
      now.in_force->settings = after_reload(now.in_force->settings, live_settings(now.settings), live_settings(next));
      now.settings = std::move(next);
      now.is_anew = true;
      extent = Extent::whole;
      log_info("the configuration was read again");
    }
  }
}

int lend_socket() {
  if (const Status lent = lend_packet_socket(); !lent) {
    complain(lent.error());
    return exit_failed;
  }
  return exit_done;
}

}  // namespace voip
