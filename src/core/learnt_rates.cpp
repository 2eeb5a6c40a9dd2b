#include "core/learnt_rates.h"

namespace voip {
namespace {

constexpr std::uint64_t contradicting_percent = 15;  // what is learnt is that far from true at times, a number should not be

bool is_beyond(std::uint32_t more, std::uint32_t less, std::uint32_t learnt) {
  return more > less && std::uint64_t{more - less} * 100 > learnt * contradicting_percent;
}

}  // namespace

LearntWays learnt_ways(const QosSettings& qos) {
  if (qos.actuator == "tc") {
    return {qos.tc.upload_is_auto, qos.tc.download_is_auto};
  }
  if (qos.actuator == "cake-rate") {
    return {qos.cake_rate.upload_is_auto, qos.cake_rate.download_is_auto};
  }
  return {};
}

LineRates rates_in_use(const QosSettings& qos) {
  if (qos.actuator == "tc") {
    return {qos.tc.upload_kbit, qos.tc.download_kbit};
  }
  if (qos.actuator == "cake-rate") {
    return {qos.cake_rate.upload_kbit, qos.cake_rate.download_kbit};
  }
  return {};
}

void take_learnt(QosSettings& qos, const LineRates& line) {
  const LearntWays learnt = learnt_ways(qos);
  const bool is_tc = qos.actuator == "tc";
  if (learnt.upload) {
    (is_tc ? qos.tc.upload_kbit : qos.cake_rate.upload_kbit) = line.upload_kbit;
  }
  if (learnt.download) {
    (is_tc ? qos.tc.download_kbit : qos.cake_rate.download_kbit) = line.download_kbit;
  }
}

std::vector<ContradictedRate> contradicted_rates(const QosSettings& qos, const LineRates& learnt) {
  std::vector<ContradictedRate> found;
  const LearntWays ways = learnt_ways(qos);
  const LineRates set = rates_in_use(qos);
  const auto compare = [&](bool is_auto, const char* name, std::uint32_t kbit, std::uint32_t known) {
    if (is_auto || kbit == 0 || known == 0) {
      return;
    }
    if (is_beyond(kbit, known, known) || (qos.actuator == "tc" && is_beyond(known, kbit, known))) {
      found.push_back({"qos." + qos.actuator + "." + name, kbit, known});
    }
  };
  compare(ways.upload, "upload_kbit", set.upload_kbit, learnt.upload_kbit);
  compare(ways.download, "download_kbit", set.download_kbit, learnt.download_kbit);
  return found;
}

std::string to_string(const ContradictedRate& rate) {
  return rate.key + " is " + std::to_string(rate.kbit) + ", but the line carries " + std::to_string(rate.learnt_kbit);
}

std::uint32_t shared_percent(const QosSettings& qos) {
  return qos.actuator == "cake-rate" ? learnt_cake_percent : qos.tc.bulk_percent;
}

}  // namespace voip
