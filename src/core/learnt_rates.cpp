#include "core/learnt_rates.h"

namespace voip {

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

std::uint32_t shared_percent(const QosSettings& qos) {
  return qos.actuator == "cake-rate" ? learnt_cake_percent : qos.tc.bulk_percent;
}

}  // namespace voip
