// A CAKE that others have set up and that always stays: switching is `tc qdisc change ... bandwidth`, which loses no packet and
// leaves everything else of it as it is. Which of the two rates is in force tells the state.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "actuators/cake.h"
#include "actuators/shown.h"
#include "actuators/tc_state.h"
#include "actuators/unknown_line.h"
#include "core/actuator.h"
#include "core/learnt_rates.h"

namespace voip::actuators {
namespace {

constexpr std::uint64_t most_percent_of_idle = 94;  // tc rounds what it prints

cake::Line line_of(const QosSettings& settings, const Site& site) {
  cake::Line line{.wan = site.wan, .upload = "", .download = ""};
  const LearntWays learnt = learnt_ways(settings);
  if (settings.cake_rate.upload_kbit != 0 || learnt.upload) {
    line.upload = site.wan;
  }
  if (settings.cake_rate.download_kbit != 0 || learnt.download) {
    const std::string& device = settings.cake_rate.download_device;
    line.download = !device.empty() || site.wan.empty() ? device : cake::ifb_of(site.wan);
  }
  return line;
}

struct Rates {
  std::string_view way;  // as in the names of the settings
  std::string device;
  std::uint64_t call_kbit = 0;  // 0: it is not known yet
  std::uint64_t idle_kbit = 0;
  std::uint64_t last_kbit = 0;  // for calls, as it was at the last switch; 0: not known
};

// A learnt rate leaves some of the line, and differs from that without a call.
std::uint64_t call_kbit(std::uint32_t kbit, bool is_learnt, std::uint32_t idle_kbit) {
  const std::uint64_t most = idle_kbit == 0 ? std::uint64_t{kbit} : std::uint64_t{idle_kbit} * most_percent_of_idle / 100;
  return is_learnt ? std::min(std::uint64_t{kbit} * learnt_cake_percent / 100, most) : kbit;
}

// Those that are switched; a device is empty while there is no WAN.
std::array<std::optional<Rates>, 2> directions(const Probe& probe, const QosSettings& settings, const Site& site) {
  const CakeRateSettings& rates = settings.cake_rate;
  const LearntWays learnt = learnt_ways(settings);
  const cake::Line line = line_of(settings, site);
  const LineRates& last = probe.last_rates;
  const auto of = [](std::string_view way, const std::string& device, std::uint32_t kbit, bool is_learnt, std::uint32_t idle,
                     std::uint32_t before) {
    return kbit == 0 && !is_learnt ? std::nullopt
                                   : std::optional(Rates{way, device, call_kbit(kbit, is_learnt, idle), idle,
                                                         is_learnt ? call_kbit(before, is_learnt, idle) : 0});
  };
  return {of("upload", line.upload, rates.upload_kbit, learnt.upload, rates.idle_upload_kbit, last.upload_kbit),
          of("download", line.download, rates.download_kbit, learnt.download, rates.idle_download_kbit, last.download_kbit)};
}

enum class Rate : std::uint8_t { absent, unclear, call, last_call, idle, strange };

Rate rate_of(const Probe& probe, const Rates& rates) {
  const auto shaper = cake::find(probe, rates.device);
  if (!shaper) {
    return Rate::absent;
  }
  if (!shaper->bit_per_s) {
    return Rate::unclear;
  }
  const auto is_there = [&](std::uint64_t kbit) { return kbit != 0 && cake::is_rate(*shaper->bit_per_s, kbit); };
  return is_there(rates.call_kbit)                            ? Rate::call
         : cake::is_rate(*shaper->bit_per_s, rates.idle_kbit) ? Rate::idle
         : is_there(rates.last_kbit)                          ? Rate::last_call
                                                              : Rate::strange;
}

// cake-autorate makes a folder for each of its instances there (cake-autorate.sh).
std::string rival(const Probe& probe) {
  return shown::ended_well(shown::result_at(probe, cake::look_size))
             ? "cake-autorate, which runs (/var/run/cake-autorate), changes it"
             : "another program changes it";
}

std::string describe_strange(const Probe& probe, const Rates& rates) {
  const std::string kbit = std::to_string(cake::find(probe, rates.device)->bit_per_s.value_or(0) / 1000);
  return "CAKE on " + rates.device + " has a bandwidth of " + kbit +
         " kbit/s, which is neither that for calls nor that without: set qos.cake-rate.idle_" + std::string(rates.way) +
         "_kbit = " + kbit + " if it is to be put back after a call; else " + rival(probe);
}

Plan look(const QosSettings& settings, const Site& site) {
  Plan plan = cake::look(line_of(settings, site));
  plan.push_back({.argv = {"ls", "-d", "/var/run/cake-autorate"}});
  return plan;
}

// By the bandwidths alone.
QosObserved assess(const Probe& probe, const QosSettings& settings, const Site& site) {
  bool has_call_rate = false;
  bool has_last_rate = false;
  bool has_idle_rate = false;
  std::string strange;
  std::string absent;
  for (const auto& rates : directions(probe, settings, site)) {
    if (!rates || (rates->call_kbit == 0 && rates->last_kbit == 0)) {
      continue;
    }
    switch (rate_of(probe, *rates)) {
      case Rate::absent:
        absent = rates->device;
        break;
      case Rate::unclear:
        strange = "the bandwidth of CAKE on " + rates->device + " was not understood";
        break;
      case Rate::call:
        has_call_rate = true;
        break;
      case Rate::last_call:
        has_call_rate = has_last_rate = true;
        break;
      case Rate::idle:
        has_idle_rate = true;
        break;
      case Rate::strange:
        strange = describe_strange(probe, *rates);
        break;
    }
  }
  // Without a switch of ours in force it is others' business, and let alone.
  if (!strange.empty() && !has_call_rate && probe.last_switch != Qos::on && !cake::has_rules(probe)) {
    return {.qos = Qos::off, .problem = "", .remark = strange};
  }
  if (!strange.empty()) {
    return {std::nullopt, strange};
  }
  if (has_call_rate && (has_idle_rate || !absent.empty())) {
    return {std::nullopt, absent.empty() ? "one direction has the bandwidth for calls and the other has not"
                                         : "there is no CAKE on " + absent + " any more"};
  }
  return {has_call_rate ? Qos::on : Qos::off, "", has_last_rate};
}

Plan preflight(Qos /*wanted*/, const Probe& /*seen*/, const QosSettings& settings, const Site& site) {
  return look(settings, site);
}

// A limit that somebody else has set is not to be lifted only because no idle rate is configured, which means "no limit". It may
// be one of ours though, where settings have changed: where anything else of a switch to on is there.
bool is_limit_of_others(const Probe& probe, const Rates& rates, const QosSettings& settings, const Site& site) {
  const auto all = directions(probe, settings, site);
  const bool is_ours =
      probe.last_switch == Qos::on || cake::has_rules(probe) ||
      std::any_of(all.begin(), all.end(), [&](const auto& one) { return one && rate_of(probe, *one) == Rate::call; });
  return rates.idle_kbit == 0 && rate_of(probe, rates) == Rate::strange && !is_ours;
}

std::string refuse(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  if (wanted == Qos::off) {
    return "";
  }
  if (settings.cake_rate.upload_kbit == 0 && settings.cake_rate.download_kbit == 0) {
    if (learnt_ways(settings).any()) {
      return unknown_line(site, "qos.cake-rate.upload_kbit");
    }
    return "neither qos.cake-rate.upload_kbit nor qos.cake-rate.download_kbit is set";
  }
  if (site.wan.empty()) {
    return "there is no WAN now (no default route); set qos.wan if it is another device";
  }
  for (const auto& rates : directions(before, settings, site)) {
    if (rates && rate_of(before, *rates) == Rate::absent) {
      return "there is no CAKE at the root of " + rates->device + ": start what sets it up (SQM, say), or see qos.wan and " +
             "qos.cake-rate.download_device";
    }
    if (rates && is_limit_of_others(before, *rates, settings, site)) {
      return describe_strange(before, *rates);
    }
  }
  return "";
}

Plan plan(Qos wanted, const Probe& before, const QosSettings& settings, const Site& site) {
  const bool is_on = wanted != Qos::off;
  const cake::Line line = line_of(settings, site);
  Plan plan;
  // Calls to the front first: what is not known while the line fills goes through it as bulk.
  cake::append_calls(before, settings, line, is_on, plan);
  std::string lines;
  for (const auto& rates : directions(before, settings, site)) {
    if (rates && (!is_on || rates->call_kbit != 0) && tc::is_plain(rates->device) && rate_of(before, *rates) != Rate::absent &&
        !is_limit_of_others(before, *rates, settings, site)) {
      const std::uint64_t kbit = is_on ? rates->call_kbit : rates->idle_kbit;
      lines += "qdisc change dev " + rates->device + " root cake " +
               (kbit == 0 ? "unlimited" : "bandwidth " + std::to_string(kbit) + "kbit") + "\n";
    }
  }
  // Where there is no CAKE any more there is nothing to put back either.
  plan.push_back(lines.empty() ? Command{.argv = {"tc", "qdisc", "show"}} : tc::batch(lines));
  return plan;
}

Plan observe(const Probe& /*seen*/, const QosSettings& settings, const Site& site) {
  return look(settings, site);
}

QosObserved read(const Probe& probe, const QosSettings& settings, const Site& site) {
  if (const CommandResult* tc = shown::result_at(probe, 0); tc == nullptr || tc->exit_status < 0) {
    return {std::nullopt, "the bandwidth of CAKE cannot be seen: " + shown::why_not("tc", tc)};
  }
  QosObserved observed = assess(probe, settings, site);
  if (observed.problem.empty()) {
    observed.problem = cake::calls_problem(probe, settings, line_of(settings, site), observed.qos == Qos::on);
  }
  return observed;
}

std::string remark(const Probe& probe, const QosSettings& settings, const Site& site) {
  return cake::remark(probe, settings, line_of(settings, site));
}

}  // namespace

extern const Actuator cake_rate;
const Actuator cake_rate{.name = "cake-rate",
                         .takes_rates = true,
                         .preflight = preflight,
                         .refuse = refuse,
                         .plan = plan,
                         .observe = observe,
                         .read = read,
                         .remark = remark};

}  // namespace voip::actuators
