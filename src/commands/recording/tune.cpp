#include "commands/recording/tune.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "commands/recording/tune_run.h"

namespace voip {
namespace {

constexpr std::array<std::pair<Sensitivity, const char*>, 3> sensitivities{
    {{Sensitivity::low, "low"}, {Sensitivity::normal, "normal"}, {Sensitivity::high, "high"}}};
constexpr std::uint16_t first_ephemeral_port = 32'768;  // Linux's net.ipv4.ip_local_port_range; chance picks those above
constexpr std::size_t most_hints = 8;

// Anything may run over QUIC's port, and well-known services have their own: a port of a call that tells nothing.
bool may_be_hint(std::uint16_t port) {
  return port >= 1024;
}

template <typename Value>
bool add_new(std::vector<Value>& list, const Value& value) {
  if (std::find(list.begin(), list.end(), value) != list.end()) {
    return false;
  }
  list.push_back(value);
  return true;
}

// A port that chance has picked carries the next call only by chance: it must have been there in two calls.
bool add_call_ports(const std::vector<TuneCapture>& captures, Settings& settings) {
  bool is_new = false;
  std::size_t count = 0;
  for (const auto& [port, calls] : ports_of_marked_calls(captures)) {
    const bool is_never =
        std::count(settings.detector.calls.never_ports.begin(), settings.detector.calls.never_ports.end(), port) > 0;
    if (may_be_hint(port) && !is_never && (port < first_ephemeral_port || calls > 1) && count++ < most_hints) {
      is_new = add_new(settings.detector.calls.voip_ports, port) || is_new;
    }
  }
  return is_new;
}

// Where the false alarms came from: a port that no call uses, or else a device that nobody calls with.
bool add_exclusions(const TuneEvidence& evidence, Settings& settings) {
  bool is_new = false;
  std::size_t count = 0;
  for (const Alarm& alarm : evidence.false_alarms) {
    const std::uint16_t port = alarm.flow.server.port;
    if (count++ == most_hints) {
      break;
    }
    if (may_be_hint(port) && port < first_ephemeral_port && !evidence.call_ports.contains(port)) {
      is_new = add_new(settings.detector.calls.never_ports, port) || is_new;
      continue;
    }
    const bool is_configured = std::any_of(settings.devices.begin(), settings.devices.end(),
                                           [&](const DeviceSettings& device) { return device.name == alarm.device; });
    if (!evidence.callers.contains(alarm.client) && !is_configured) {
      DeviceSettings device;
      device.name = "No calls " + alarm.client.to_string();
      device.address = IpPrefix(alarm.client, alarm.client.is_v6() ? 128 : 32);
      device.role = Role::never;
      // The first device that fits an address is the one; a network that is configured already must not hide it.
      settings.devices.insert(settings.devices.begin(), device);
      is_new = true;
    }
  }
  return is_new;
}

auto merit(const TuneOutcome& outcome) {
  // In steps that somebody on the phone would notice: a quarter of a second is no reason to change a setting.
  const auto steps = [](Duration delay) { return delay / 500ms; };
  const auto median = outcome.delays.empty() ? 0 : steps(outcome.delays[outcome.delays.size() / 2]);
  const auto longest = outcome.delays.empty() ? 0 : steps(outcome.delays.back());
  return std::tuple(-static_cast<std::int64_t>(outcome.found), outcome.false_count, median, longest);
}

}  // namespace

TuneResult tune(const std::vector<TuneCapture>& captures, const Settings& present) {
  TuneResult result;
  for (const TuneCapture& capture : captures) {
    result.calls += capture.calls.size();
  }
  const auto try_row = [&](std::string name, const Settings& settings) {
    TuneEvidence evidence = try_settings(captures, settings);
    result.rows.push_back({std::move(name), settings, evidence.outcome});
    if (merit(evidence.outcome) < merit(result.rows[result.best].outcome)) {
      result.best = result.rows.size() - 1;
    }
    return evidence;
  };
  try_row("as it is now", present);
  auto by_distance = sensitivities;  // of equals the first wins: the present one before the others
  std::stable_sort(by_distance.begin(), by_distance.end(), [&](const auto& a, const auto& b) {
    return (a.first == present.detector.calls.sensitivity) > (b.first == present.detector.calls.sensitivity);
  });
  for (const auto& [sensitivity, word] : by_distance) {
    Settings settings = present;
    settings.detector.use = "calls";
    settings.detector.calls.sensitivity = sensitivity;
    const std::string name = std::string("sensitivity ") + word;
    const TuneEvidence evidence = try_row(name, settings);
    Settings with_ports = settings;
    if (add_call_ports(captures, with_ports)) {
      try_row(name + ", ports of the calls", with_ports);
    }
    if (add_exclusions(evidence, settings)) {
      try_row(name + ", exclusions", settings);
      if (add_call_ports(captures, settings)) {
        try_row(name + ", ports and exclusions", settings);
      }
    }
  }
  return result;
}

}  // namespace voip
