#include "commands/doctor/shaping.h"

#include <algorithm>
#include <array>

#include "commands/common/moments.h"
#include "core/learnt_rates.h"

namespace voip {
namespace {

constexpr std::uint32_t least_line_kbit = 200;  // a G.711 call takes 87 kbit/s, and something else is to go on beside it
constexpr std::uint32_t most_bulk_percent = 85;
constexpr std::uint32_t any_kbit = 10'000;

std::string install(const std::vector<std::string>& programs, const std::string& actuator, const Platform& platform) {
  if (actuator == "qos-scripts" || actuator == "sqm-scripts" || actuator == "qosify") {
    return platform.is_openwrt ? "install the package " + actuator
                               : actuator + " is a package of OpenWrt; elsewhere take qos.actuator = \"tc\"";
  }
  std::string packages;
  for (const std::string& program : programs) {
    const bool is_of_iproute = program == "tc" || program == "ip";
    const std::string package = is_of_iproute ? (platform.is_openwrt ? (program == "tc" ? "tc-full" : "ip-full") : "iproute2")
                                : program == "nft" ? "nftables"
                                                   : "";
    if (!package.empty() && (" " + packages + " ").find(" " + package + " ") == std::string::npos) {
      packages += (packages.empty() ? "" : " ") + package;
    }
  }
  return packages.empty()      ? "install what they belong to, or correct their paths in the configuration"
         : platform.is_openwrt ? "install the packages " + packages
                               : "apt-get install " + packages;
}

std::string install_parts(const std::vector<std::string>& names, const QosSettings& qos, const Platform& platform) {
  std::vector<std::string> wanted;
  for (const KernelPart& part : needed_parts(qos)) {
    const std::string& one = platform.is_openwrt ? part.openwrt_package : part.modules.front();
    if (std::find(names.begin(), names.end(), part.name) != names.end() &&
        std::find(wanted.begin(), wanted.end(), one) == wanted.end()) {
      wanted.push_back(one);
    }
  }
  return platform.is_openwrt ? "install " + joined(wanted)
                             : "install a kernel with the modules " + joined(wanted) + ", or take another qos.actuator";
}

Check judge_programs(const ActuatorFacts& facts, const Platform& platform) {
  if (facts.missing_programs.empty()) {
    return {"programs", CheckResult::ok, "those that qos.actuator \"" + facts.name + "\" runs are there"};
  }
  return {"programs", CheckResult::failed, "not found: " + joined(facts.missing_programs),
          install(facts.missing_programs, facts.name, platform)};
}

Check judge_parts(const ActuatorFacts& facts, const QosSettings& qos, const Platform& platform) {
  if (facts.missing_parts.empty()) {
    std::vector<std::string> names;
    for (const KernelPart& part : needed_parts(qos)) {
      names.push_back(part.name);
    }
    return {
        "kernel", CheckResult::ok,
        (facts.parts_are_known ? "it has what is needed: " : "what it has cannot be seen from here; needed: ") + joined(names)};
  }
  return {"kernel", CheckResult::failed, "it has no " + joined(facts.missing_parts),
          install_parts(facts.missing_parts, qos, platform)};
}

Check judge_observation(const ActuatorFacts& facts, const QosSettings& qos, bool waits) {
  const QosObserved& observed = *facts.observed;
  if (qos.actuator == "exec" && qos.exec.observe.empty()) {
    return {"actuator", CheckResult::note, "\"exec\" could switch; whether its commands do something is not verified",
            "set qos.exec.observe to a command that ends with 0 while QoS is on, 1 while it is off"};
  }
  const std::string state = !observed.qos ? "unknown" : *observed.qos == Qos::off ? "off" : "on";
  if (!observed.problem.empty() || !observed.qos) {
    const Complaint complaint = split_advice(observed.problem);
    return {
        "actuator", CheckResult::warning, "\"" + facts.name + "\" could switch; QoS is " + state + " now, but " + complaint.what,
        complaint.advice.empty() ? "voip-qosd qos on --for 1m, then look again: each switch puts it right" : complaint.advice};
  }
  return {"actuator", CheckResult::ok,
          "\"" + facts.name + "\" could switch " + facts.wan + (waits ? " once the line's rate is known" : " now") + "; QoS is " +
              state};
}

}  // namespace

Checks judge_actuator(const ActuatorFacts& facts, const QosSettings& qos, const Platform& platform, bool waits) {
  if (!facts.switches) {
    return {{"actuator", CheckResult::note, "\"none\": calls are watched, and nothing is switched for them",
             "set qos.actuator, like \"tc\", which learns the rates of the line"}};
  }
  Checks checks{judge_programs(facts, platform)};
  if (!needed_parts(qos).empty()) {
    checks.push_back(judge_parts(facts, qos, platform));
  }
  if (!facts.problem.empty()) {
    checks.push_back({"actuator", CheckResult::failed, "\"" + facts.name + "\" cannot be looked at: " + facts.problem,
                      "find out why that hangs or fails"});
  } else if (!facts.is_allowed) {
    checks.push_back({"actuator", CheckResult::note, "\"" + facts.name + "\" is not looked at: that needs CAP_NET_ADMIN"});
  } else if (facts.wan.empty()) {
    checks.push_back({"actuator", CheckResult::note, "\"" + facts.name + "\" is not looked at: there is no WAN"});
  } else if (!facts.refusal.empty()) {
    const Complaint complaint = split_advice(facts.refusal);
    checks.push_back(
        {"actuator", CheckResult::failed, "\"" + facts.name + "\" would refuse to switch QoS on: " + complaint.what,
         (complaint.advice.empty() ? "" : complaint.advice + "\n") + "see: ip link; tc qdisc show dev " + facts.wan});
  } else if (facts.observed && facts.missing_programs.empty() && facts.missing_parts.empty()) {
    checks.push_back(judge_observation(facts, qos, waits));
  }
  if (!facts.remark.empty() && facts.refusal.empty()) {
    checks.push_back(
        {"priority", CheckResult::warning, facts.remark, "see what stands in parentheses; or set qos.mark_calls = false"});
  }
  return checks;
}

namespace {

struct Rate {
  std::string key;
  const char* name;
  std::uint32_t kbit;
  bool is_auto;
  std::optional<std::int64_t> learnt;
  std::string moment;
};

std::array<Rate, 2> rates_of(const QosSettings& qos, const LineFacts& facts) {
  const SeenLine line = facts.line.value_or(SeenLine{});
  const LineRates rates = rates_in_use(qos);
  const LearntWays learnt = learnt_ways(qos);
  const std::string table = "qos." + qos.actuator + ".";
  return {{{table + "upload_kbit", "up", rates.upload_kbit, learnt.upload, line.up_kbit, line.up_learnt},
           {table + "download_kbit", "down", rates.download_kbit, learnt.download, line.down_kbit, line.down_learnt}}};
}

// What the line is known to carry; 0 there: not known, or `otherwise`.
LineRates learnt_rates(const std::optional<SeenLine>& line, std::int64_t otherwise = 0) {
  const SeenLine seen = line.value_or(SeenLine{});
  return {static_cast<std::uint32_t>(seen.up_kbit.value_or(otherwise)),
          static_cast<std::uint32_t>(seen.down_kbit.value_or(otherwise))};
}

Checks judge_contradictions(const QosSettings& qos, const LineFacts& facts) {
  Checks checks;
  for (const ContradictedRate& rate : contradicted_rates(qos, learnt_rates(facts.line))) {
    checks.push_back({"rates", CheckResult::warning, to_string(rate),
                      "let it be \"auto\", and it is learnt; or set it to " + std::to_string(rate.learnt_kbit)});
  }
  return checks;
}

Checks judge_number(const Rate& rate) {
  const std::string& key = rate.key;
  if (rate.kbit == 0) {
    return {{"rates", CheckResult::note, std::string("the ") + rate.name + "load is not shaped: " + key + " is 0",
             "leave " + key + " out, and the rate of the line is learnt"}};
  }
  if (rate.kbit < least_line_kbit) {
    return {{"rates", CheckResult::warning, key + " is " + std::to_string(rate.kbit) + ": a call alone takes 87 kbit/s each way",
             key + " is in kbit/s: 1 Mbit/s is 1000"}};
  }
  return {};
}

std::string rate_words(const Rate& rate, const LineFacts& facts) {
  const std::string name = rate.name;
  if (!rate.is_auto) {
    return std::to_string(rate.kbit) + " kbit/s " + name;
  }
  if (!facts.line) {
    return "learnt from the line " + name;
  }
  if (!rate.learnt) {
    return name + " not known yet";
  }
  const auto moment = seconds_of(rate.moment);
  const auto now = seconds_of(facts.now);
  return std::to_string(*rate.learnt) + " kbit/s " + name + ", learnt" + (moment && now ? " " + ago(*now - *moment) : "");
}

// Nothing can be shaped for now.
Check judge_unknown(const SeenLine& line, const QosSettings& qos) {
  const std::string keys = "set upload_kbit and download_kbit in [qos." + qos.actuator + "]";
  if (!line.blocker.empty()) {
    return {"rates", CheckResult::failed, "the rates of the line cannot be learnt, so no call is protected: " + line.blocker,
            "mend that (see privileges), or " + keys};
  }
  return {"rates", CheckResult::warning,
          "learnt from the line, and not known yet: no call is protected before the line was full with traffic to two places" +
              (line.up_calm_kbit ? "; up to " + std::to_string(*line.up_calm_kbit) + " kbit/s passed up without a queue" : ""),
          "upload something to two places for ten seconds; or " + keys};
}

}  // namespace

bool waits_for_line(const QosSettings& qos, const std::optional<SeenLine>& line) {
  const auto rates = rates_of(qos, {.line = line});
  return learnt_ways(qos).any() && std::all_of(rates.begin(), rates.end(), [](const Rate& rate) {
           return rate.is_auto ? !rate.learnt.has_value() : rate.kbit == 0;
         });
}

QosSettings with_learnt_rates(const QosSettings& qos, const std::optional<SeenLine>& line) {
  QosSettings filled = qos;
  take_learnt(filled, learnt_rates(line, waits_for_line(qos, line) ? any_kbit : 0));
  return filled;
}

namespace {

// It is held by what the line is seen to carry, so a number has none.
void judge_queue_target(const QosSettings& qos, Checks& checks) {
  if (qos.queue_target > Duration::zero() && !learnt_ways(qos).any()) {
    checks.push_back({"rates", CheckResult::note, "qos.queue_target does nothing, since no rate of the line is learnt",
                      "set qos." + qos.actuator + ".upload_kbit = \"auto\", or leave qos.queue_target out"});
  }
}

// The rates for calls may well be lower than the line.
Checks judge_cake_rates(const QosSettings& qos, const LineFacts& facts) {
  Checks checks = judge_contradictions(qos, facts);
  judge_queue_target(qos, checks);
  const auto rates = rates_of(qos, facts);
  if (facts.line && waits_for_line(qos, facts.line)) {
    checks.push_back(judge_unknown(*facts.line, qos));
  } else if (checks.empty() && learnt_ways(qos).any()) {
    checks.push_back({"rates", CheckResult::ok, rate_words(rates[0], facts) + "; " + rate_words(rates[1], facts)});
  }
  return checks;
}

}  // namespace

Checks judge_rates(const QosSettings& qos, const LineFacts& facts) {
  if (qos.actuator == "cake-rate") {
    return judge_cake_rates(qos, facts);
  }
  if (qos.actuator != "tc") {
    return {};
  }
  Checks checks = judge_contradictions(qos, facts);
  const auto rates = rates_of(qos, facts);
  for (const Rate& rate : rates) {
    if (!rate.is_auto) {
      const Checks found = judge_number(rate);
      checks.insert(checks.end(), found.begin(), found.end());
    }
  }
  judge_queue_target(qos, checks);
  if (qos.tc.bulk_percent > most_bulk_percent) {
    checks.push_back({"rates", CheckResult::warning,
                      "qos.tc.bulk_percent is " + std::to_string(qos.tc.bulk_percent) +
                          ": what the modem has queued when a call begins hardly drains",
                      "set qos.tc.bulk_percent = 70"});
  }
  if (facts.line && waits_for_line(qos, facts.line)) {
    checks.push_back(judge_unknown(*facts.line, qos));
  } else if (checks.empty()) {
    // What is not known of one direction is no fault: it is shaped as soon as it is.
    const bool is_open = !facts.line && qos.tc.upload_is_auto && qos.tc.download_is_auto;
    checks.push_back(
        {"rates", CheckResult::ok,
         (is_open ? "learnt from the line when it is full, and before that no call is protected"
                  : rate_words(rates[0], facts) + "; " + rate_words(rates[1], facts)) +
             "; for the rest during a call " +
             (qos.queue_target > Duration::zero() ? "what leaves a queue of " + std::to_string(qos.queue_target.count()) + " ms"
                                                  : std::to_string(qos.tc.bulk_percent) + " % of it")});
  }
  return checks;
}

}  // namespace voip
