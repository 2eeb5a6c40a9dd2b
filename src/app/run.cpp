#include "app/run.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "actuators/all.h"
#include "app/config.h"
#include "app/site.h"
#include "base/log.h"
#include "core/engine.h"
#include "detectors/all.h"
#include "ports/conntrack.h"
#include "ports/control_socket.h"
#include "ports/devices.h"
#include "ports/interfaces.h"
#include "ports/journal.h"
#include "ports/line_delay.h"
#include "ports/loop.h"
#include "ports/mqtt.h"
#include "ports/order_file.h"
#include "ports/qos_switch.h"

namespace voip {
namespace {

enum class Ending { asked_to, failed, reload };

LoadedSettings load(const std::optional<std::string>& path) {
  return path ? load_settings(*path) : load_default_settings();
}

LogLevel log_level(const std::string& name) {
  if (name == "debug") {
    return LogLevel::debug;
  }
  if (name == "warning") {
    return LogLevel::warning;
  }
  return name == "error" ? LogLevel::error : LogLevel::info;
}

// Where the traffic passes now: asked for at each switch, since a WAN may come and go.
Site find_site(const Settings& settings) {
  auto network = read_network(settings);
  if (!network) {
    log_warning(network.error());
    return {};
  }
  return site_of(settings, *network);
}

Result<Lan> find_lan(const Settings& settings) {
  auto network = read_network(settings);
  if (!network) {
    return Error{network.error()};
  }
  return std::move(network->lan);
}

// In the order in which they see an action: a flow is marked before the line is shaped.
std::vector<std::unique_ptr<Port>> make_ports(const Settings& settings, const Actuator& actuator) {
  std::vector<std::unique_ptr<Port>> ports;
  ports.push_back(make_journal());
  ports.push_back(std::make_unique<ControlSocket>(settings.control,
                                                  DaemonFacts{VOIP_VERSION, settings.qos.actuator, settings.detector.use, {}}));
  ports.push_back(make_conntrack(settings, find_detector(settings.detector.use)->port_rules(settings),
                                 [settings] { return find_lan(settings); }));
  if (settings.qos.tc.drain == Drain::measured) {
    ports.push_back(make_line_delay([settings] { return find_site(settings).wan; }));
  }
  ports.push_back(make_qos_switch(settings, actuator, [settings] { return find_site(settings); }));
  ports.push_back(make_devices(settings));
  ports.push_back(make_order_file(settings));
  ports.push_back(make_mqtt(settings, VOIP_VERSION));
  return ports;
}

// Reads the file again; a wrong one is told and refused.
bool reload(const std::optional<std::string>& config_path, Settings& next) {
  auto loaded = load(config_path);
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

// One life of the engine: from a configuration to the end or to the next configuration. What orders say is read by the first.
Ending live(const Settings& settings, const std::optional<std::string>& config_path, std::optional<OrdersInForce>& in_force,
            Settings& next) {
  auto opened = Loop::open();
  if (!opened) {
    log_error(opened.error());
    return Ending::failed;
  }
  Loop& loop = **opened;
  const Actuator& actuator = *find_actuator(settings.qos.actuator);
  const auto ports = make_ports(settings, actuator);
  for (const auto& port : ports) {
    if (const Status status = port->open(loop); !status) {
      log_error(status.error());
      return Ending::failed;
    }
  }
  if (!in_force) {
    in_force = read_orders(settings, loop);
  }
  const Settings ordered = with_live_settings(settings, in_force->settings);
  Engine engine(ordered, find_detector(ordered.detector.use)->make(ordered),
                {.switches = actuator.switches, .drains = actuator.drains});
  engine.restore(in_force->orders, loop.now());

  bool wants_reload = false;
  bool was_asked = false;
  const std::vector<Event> begin{DeadlineReached{}};
  const std::vector<Event>* events = &begin;
  while (true) {
    for (const Event& event : *events) {
      was_asked = was_asked || std::holds_alternative<StopRequested>(event);
      const Instant now = loop.now();
      for (const Action& action : engine.step(now, event)) {
        for (const auto& port : ports) {
          port->perform(action);
        }
      }
    }
    if (engine.finished() || (wants_reload && !was_asked && !engine.is_switching())) {
      break;
    }
    events = &loop.wait(engine.deadline());
    if (loop.reload_requested()) {
      wants_reload = reload(config_path, next) || wants_reload;
    }
  }
  in_force = OrdersInForce{engine.orders(), engine.live_settings()};
  std::for_each(ports.rbegin(), ports.rend(), [](const auto& port) { port->close(); });
  return engine.finished() ? Ending::asked_to : Ending::reload;
}

}  // namespace

int run_daemon(const std::optional<std::string>& config_path) {
  auto loaded = load(config_path);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    for (const Problem& problem : *problems) {
      std::fprintf(stderr, "%s\n", to_string(problem).c_str());
    }
    return 2;
  }
  Settings settings = std::get<Settings>(std::move(loaded));
  std::optional<OrdersInForce> in_force;
  while (true) {
    if (const Status started = start_log(log_level(settings.log.level), settings.log.target, settings.log.file); !started) {
      log_error(started.error());
      return 1;
    }
    log_info("voip-qosd " VOIP_VERSION ": detector " + settings.detector.use + ", actuator " + settings.qos.actuator);
    Settings next;
    switch (live(settings, config_path, in_force, next)) {
      case Ending::asked_to:
        log_info("ended as asked");
        return 0;
      case Ending::failed:
        return 1;
      case Ending::reload:
        // The file counts only where it was changed: an order from a phone outlives a reload.
        if (next.policy.mode != settings.policy.mode) {
          in_force->orders = {.lasting = next.policy.mode, .override_mode = {}, .override_until = {}};
        }
        in_force->settings = after_reload(in_force->settings, live_settings(settings), live_settings(next));
        settings = std::move(next);
        log_info("the configuration was read again");
        break;
    }
  }
}

}  // namespace voip
