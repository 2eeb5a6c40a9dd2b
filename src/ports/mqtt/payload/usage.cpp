#include "ports/mqtt/payload/usage.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "system/json.h"

namespace voip {
namespace {

constexpr std::int64_t bit_per_kbit = 1'000;
// A codec's rate varies by a few packets a second; that is no news.
constexpr std::int64_t least_change_kbit = 5;
constexpr std::int64_t least_change_percent = 10;

std::int64_t kbit_of(std::int64_t bits, std::int64_t seconds) {
  return (bits + seconds * bit_per_kbit / 2) / (seconds * bit_per_kbit);
}

bool is_noticeable(std::int64_t now, std::int64_t said) {
  return std::abs(now - said) > std::max(least_change_kbit, said * least_change_percent / 100);
}

bool is_jump(std::int64_t now, std::int64_t said) {
  return is_noticeable(now, said) && (now > 2 * said || 2 * now < said);
}

}  // namespace

MqttUsage::MqttUsage(const MqttTopics& topics) {
  list_.push_back({topics.usage(), {}, {}});
  for (const std::string& slug : topics.device_slugs()) {
    list_.push_back({topics.of_device(slug, "usage"), {}, {}});
  }
}

std::vector<MqttMessage> MqttUsage::take(const RatesMeasured& rates, Instant now) {
  std::vector<MqttMessage> messages;
  for (std::size_t i = 0; i < list_.size() && i <= rates.devices.size(); ++i) {
    Of& of = list_[i];
    if (const std::optional<Ways> news = worth_saying(of, i == 0 ? rates.total : rates.devices[i - 1], now)) {
      of.said = *news;
      messages.push_back(message(of));
    }
  }
  return messages;
}

std::optional<MqttUsage::Ways> MqttUsage::worth_saying(Of& of, const Rates& rates, Instant now) {
  const Ways sample{kbit_of(rates.up_bit_per_s, 1), kbit_of(rates.down_bit_per_s, 1)};
  of.sum.up += rates.up_bit_per_s;
  of.sum.down += rates.down_bit_per_s;
  ++of.samples;
  const auto begin_anew = [&of, now] {
    of.sum = {};
    of.samples = 0;
    of.since = now;
  };
  if (!of.since) {
    of.since = now;
  }
  if ((sample == Ways{}) != (of.said == Ways{})) {
    begin_anew();
    return sample;
  }
  const Duration passed = now - *of.since;
  if (passed >= jump_after && (is_jump(sample.up, of.said.up) || is_jump(sample.down, of.said.down))) {
    begin_anew();
    return sample;
  }
  if (passed < mean_over) {
    return std::nullopt;
  }
  const Ways mean{kbit_of(of.sum.up, of.samples), kbit_of(of.sum.down, of.samples)};
  begin_anew();
  return is_noticeable(mean.up, of.said.up) || is_noticeable(mean.down, of.said.down) ? std::optional(mean) : std::nullopt;
}

std::vector<MqttMessage> MqttUsage::all() const {
  std::vector<MqttMessage> messages;
  for (const Of& of : list_) {
    messages.push_back(message(of));
  }
  return messages;
}

MqttMessage MqttUsage::message(const Of& of) {
  return {of.topic, text_of(Json{{"up_kbit", of.said.up}, {"down_kbit", of.said.down}}), 1, true};
}

}  // namespace voip
