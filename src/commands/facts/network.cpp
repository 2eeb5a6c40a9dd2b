#include <utility>
#include <variant>

#include "commands/facts/facts.h"
#include "ports/devices/devices.h"

namespace voip {

NetworkFacts look_at_network(const Settings& settings, CommandLoop& commands) {
  NetworkFacts facts;
  auto interfaces = read_interfaces();
  auto routes = interfaces ? read_default_routes(*interfaces) : Error{interfaces.error()};
  auto network = routes ? read_network(settings) : Error{routes.error()};
  if (!network) {
    facts.error = network.error();
    return facts;
  }
  facts.interfaces = std::move(*interfaces);
  facts.routes = std::move(*routes);
  facts.network = std::move(*network);
  facts.found.resize(settings.devices.size());
  const auto devices = make_devices(settings);
  if (const Status opened = devices->open(commands.loop()); !opened) {
    return facts;
  }
  bool has_turned = false;
  // Behind all that is known already; what is not is not waited for.
  commands.loop().post(DeadlineReached{});
  commands.wait_until([&has_turned] { return std::exchange(has_turned, true); }, 1s,
                      [&facts](const Event& event) {
                        if (const auto* found = std::get_if<DeviceFound>(&event);
                            found != nullptr && found->device < facts.found.size()) {
                          facts.found[found->device].push_back(found->address);
                        }
                      });
  return facts;
}

}  // namespace voip
