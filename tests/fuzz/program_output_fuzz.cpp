// What tc, uci, ubus, sqm and the user's programs print: a byte chooses the actuator, the rest is parted by NUL into the output
// of one program after the other.
#include <linux/pkt_sched.h>

#include "actuators/actuators.h"
#include "fuzz/fuzz.h"
#include "system/json_reader.h"

using namespace voip;

namespace {

std::vector<CommandResult> results_of(std::string_view outputs) {
  std::vector<CommandResult> results;
  while (!outputs.empty() && results.size() < 8) {
    const std::string_view output = outputs.substr(0, outputs.find('\0'));
    outputs.remove_prefix(std::min(outputs.size(), output.size() + 1));
    const int status = output.starts_with("!") ? 1 : 0;
    results.push_back({.exit_status = status, .output = std::string(output), .json = read_json(output)});
  }
  return results;
}

void hold_plan(const Plan& plan) {
  for (const Command& command : plan) {
    fuzz::hold(!command.argv.empty() && !command.argv[0].empty(), "a command names its program");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto actuators = all_actuators();
  const Actuator& actuator = *actuators[data[0] % actuators.size()];
  const Qos wanted = (data[1] & 1U) != 0 ? Qos::on : Qos::off;
  QosSettings settings;
  settings.tc.upload_kbit = settings.cake_rate.upload_kbit = 950;
  settings.tc.download_kbit = settings.cake_rate.download_kbit = 4750;
  settings.exec = {{"/on"}, {"/off"}, {"/observe"}};
  const Site site{.wan = "wan",
                  .lan = {"br-lan"},
                  .phones = {*IpPrefix::parse("192.168.1.30")},
                  .remotes = {*IpAddress::parse("203.0.113.9"), *IpAddress::parse("2001:db8::9")},
                  .past_remotes = {*IpAddress::parse("203.0.113.10")}};
  Probe probe;
  probe.links = {{.name = "wan"}, {.name = "br-lan"}, {.name = "ifb4wan"}, {.name = "ifb0"}};
  if ((data[1] & 2U) != 0) {
    probe.qdiscs = {{"wan", "hfsc", 0x10000, TC_H_ROOT, 0}, {"wan", "ingress", 0xFFFF0000, TC_H_INGRESS, 0}};
  }
  if ((data[1] & 4U) != 0) {
    probe.qdiscs.push_back({"wan", "cake", 0x80010000, TC_H_ROOT, 0});
    probe.qdiscs.push_back({"ifb4wan", "cake", 0x80020000, TC_H_ROOT, 0});
  }
  probe.results = results_of(fuzz::text_of(data + 2, size - 2));
  if ((data[1] & 8U) != 0) {
    probe.last_switch = wanted;
  }
  if (actuator.preflight != nullptr) {
    hold_plan(actuator.preflight(wanted, probe, settings, site));
  }
  const bool refuses = actuator.refuse != nullptr && !actuator.refuse(wanted, probe, settings, site).empty();
  if (!refuses && actuator.plan != nullptr) {
    hold_plan(actuator.plan(wanted, probe, settings, site));
  }
  if (actuator.observe != nullptr) {
    hold_plan(actuator.observe(probe, settings, site));
  }
  if (actuator.read != nullptr) {
    actuator.read(probe, settings, site);
  }
  if (actuator.remark != nullptr) {
    actuator.remark(probe, settings, site);
  }
  return 0;
}
