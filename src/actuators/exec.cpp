// The user's own commands. With an observe command its exit status is what there is; without one it is the last command that
// ended well, which nobody has verified.
#include "core/actuator.h"

namespace voip::actuators {
namespace {

std::string refuse(Qos wanted, const Probe& /*before*/, const QosSettings& settings, const Site& /*site*/) {
  const bool is_off = wanted == Qos::off;
  if (!(is_off ? settings.exec.off : settings.exec.on).empty()) {
    return "";
  }
  return std::string("no command is configured for it: set qos.exec.") + (is_off ? "off" : "on");
}

Plan plan(Qos wanted, const Probe& /*before*/, const QosSettings& settings, const Site& /*site*/) {
  return {{.argv = wanted == Qos::off ? settings.exec.off : settings.exec.on}};
}

Plan observe(const Probe& /*seen*/, const QosSettings& settings, const Site& /*site*/) {
  return settings.exec.observe.empty() ? Plan{} : Plan{{.argv = settings.exec.observe}};
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& /*site*/) {
  if (settings.exec.observe.empty()) {
    return {probe.last_switch, ""};
  }
  if (probe.results.empty()) {
    return {std::nullopt, "the command qos.exec.observe was not run"};
  }
  const CommandResult& result = probe.results.front();
  switch (result.exit_status) {
    case 0:
      return {Qos::on, ""};
    case 1:
      return {Qos::off, ""};
    default:
      return {std::nullopt, "the command qos.exec.observe (" + settings.exec.observe.front() +
                                ") must end with 0 for on or 1 for off, but " +
                                (result.failure.empty() ? "ended with " + std::to_string(result.exit_status) : result.failure)};
  }
}

}  // namespace

extern const Actuator exec;
const Actuator exec{.name = "exec", .refuse = refuse, .plan = plan, .observe = observe, .read = read};

}  // namespace voip::actuators
