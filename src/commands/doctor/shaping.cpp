#include "commands/doctor/shaping.h"

#include <algorithm>
#include <tuple>

namespace voip {
namespace {

constexpr std::uint32_t least_line_kbit = 200;  // a G.711 call takes 87 kbit/s, and something else is to go on beside it
constexpr std::uint32_t most_bulk_percent = 85;

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

Check judge_observation(const ActuatorFacts& facts, const QosSettings& qos) {
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
  return {"actuator", CheckResult::ok, "\"" + facts.name + "\" could switch " + facts.wan + " now; QoS is " + state};
}

}  // namespace

Checks judge_actuator(const ActuatorFacts& facts, const QosSettings& qos, const Platform& platform) {
  if (!facts.switches) {
    return {{"actuator", CheckResult::note, "\"none\": calls are watched, and nothing is switched for them",
             "set qos.actuator, like \"tc\" with the rates of the line in [qos.tc]"}};
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
    checks.push_back(judge_observation(facts, qos));
  }
  if (!facts.remark.empty() && facts.refusal.empty()) {
    checks.push_back(
        {"priority", CheckResult::warning, facts.remark, "see what stands in parentheses; or set qos.mark_calls = false"});
  }
  return checks;
}

namespace {

std::string rate_words(std::uint32_t kbit, bool is_auto) {
  return is_auto ? "learnt from the line" : std::to_string(kbit) + " kbit/s";
}

}  // namespace

Checks judge_rates(const QosSettings& qos) {
  if (qos.actuator != "tc") {
    return {};
  }
  Checks checks;
  const auto add = [&](CheckResult result, const std::string& seen, const std::string& fix) {
    checks.push_back({"rates", result, seen, fix});
  };
  for (const auto& [key, what, kbit, is_auto] :
       {std::tuple("qos.tc.upload_kbit", "upload", qos.tc.upload_kbit, qos.tc.upload_is_auto),
        std::tuple("qos.tc.download_kbit", "download", qos.tc.download_kbit, qos.tc.download_is_auto)}) {
    if (is_auto) {
      continue;
    }
    if (kbit == 0) {
      add(CheckResult::note, std::string("the ") + what + " is not shaped: " + key + " is 0",
          std::string("measure the line, and set ") + key + " to 95 % of it");
    } else if (kbit < least_line_kbit) {
      add(CheckResult::warning, std::string(key) + " is " + std::to_string(kbit) + ": a call alone takes 87 kbit/s each way",
          std::string(key) + " is in kbit/s: 1 Mbit/s is 1000");
    }
  }
  if (qos.tc.bulk_percent > most_bulk_percent) {
    add(CheckResult::warning,
        "qos.tc.bulk_percent is " + std::to_string(qos.tc.bulk_percent) +
            ": what the modem has queued when a call begins hardly drains",
        "set qos.tc.bulk_percent = 70");
  }
  if (checks.empty()) {
    add(CheckResult::ok,
        rate_words(qos.tc.upload_kbit, qos.tc.upload_is_auto) + " up, " +
            rate_words(qos.tc.download_kbit, qos.tc.download_is_auto) + " down, " + std::to_string(qos.tc.bulk_percent) +
            " % of it for the rest during a call",
        "");
  }
  return checks;
}

}  // namespace voip
