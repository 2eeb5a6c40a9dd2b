#include "app/daemon_ports.h"

#include <algorithm>
#include <utility>

#include "actuators/actuators.h"
#include "base/left_out.h"
#include "base/log.h"
#include "detectors/detectors.h"
#include "ports/calls/calls.h"
#include "ports/conntrack/conntrack.h"
#include "ports/control/control.h"
#include "ports/devices/devices.h"
#include "ports/journal/journal.h"
#include "ports/line/line.h"
#include "ports/mqtt/mqtt.h"
#include "ports/network/network.h"
#include "ports/orders/orders.h"
#include "ports/shaping/shaping.h"

namespace voip {
namespace {

// In the place of the port that looks at the line, where that is left out.
class NoLine : public Port {
 public:
  Status open(Loop& loop) override {
    loop.post(LineSightChanged{"this build of voip-qosd was made without it"});
    return {};
  }
  void perform(const Action& /*action*/) override {}
};

// Where the traffic passes now: asked for at each switch, since a WAN may come and go.
Site find_site(const Settings& settings) {
  auto network = read_network(settings);
  if (!network) {
    log_warning(network.error());
    return {};
  }
  return site_of(settings, *network);
}

}  // namespace

Ports make_ports(const Settings& settings, const Actuator& actuator, const PortNeeds& needs) {
  Ports ports;
  const auto add = [&ports](std::unique_ptr<Port> port, bool can_be_missed) {
    ports.push_back({std::move(port), can_be_missed});
  };
  const Actuator* const ours = find_actuator("tc");
  const auto add_switch = [&] {
    add(make_qos_switch(settings, actuator, &actuator == ours || !needs.is_alone ? nullptr : ours,
                        [&settings] { return find_site(settings); }),
        false);
  };
  add(make_journal(), false);
  if (needs.extent == Extent::farewell) {
    add_switch();
    return ports;
  }
  add(std::make_unique<ControlSocket>(settings.control,
                                      DaemonFacts{VOIP_VERSION, settings.qos.actuator, settings.detector.use, {}}),
      true);
  add(make_conntrack(settings, find_detector(settings.detector.use)->port_rules(settings),
                     [&settings] { return read_lan(settings); }),
      false);
  if (has_part("line")) {
    add(make_line(
            settings, [&settings] { return find_site(settings).wan; }, needs.packets),
        true);
  } else {
    add(std::make_unique<NoLine>(), true);
  }
  add_switch();
  add(make_devices(settings), true);
  add(make_order_file(settings), true);
  if (has_part("report")) {
    add(make_call_file(settings), true);
  }
  add(make_mqtt(settings, VOIP_VERSION), true);
  return ports;
}

Status open_ports(Ports& ports, Loop& loop, Extent extent) {
  Ports opened;
  for (OwnedPort& one : ports) {
    if (Status status = one.port->open(loop); status.ok()) {
      opened.push_back(std::move(one));
    } else if (one.can_be_missed && extent == Extent::remainder) {
      log_error("until the configuration is read again it goes on without this: " + status.error());
    } else {
      close_ports(opened);
      return status;
    }
  }
  ports = std::move(opened);
  return {};
}

void close_ports(Ports& ports) {
  std::for_each(ports.rbegin(), ports.rend(), [](const OwnedPort& one) { one.port->close(); });
}

void perform(const Ports& ports, const Action& action) {
  std::for_each(ports.begin(), ports.end(), [&action](const OwnedPort& one) { one.port->perform(action); });
}

}  // namespace voip
