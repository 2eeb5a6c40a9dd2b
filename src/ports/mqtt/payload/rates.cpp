#include "ports/mqtt/payload/rates.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voip {
namespace {

void add_number(std::string& text, std::string_view key, std::int64_t number) {
  std::array<char, 24> digits{};
  text.append(key);
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

// One decimal is what the rates are measured to.
void add_kbit(std::string& text, std::string_view key, std::int64_t bit_per_s) {
  const std::int64_t tenths = (bit_per_s + 50) / 100;
  add_number(text, key, tenths / 10);
  text += '.';
  text += static_cast<char>('0' + tenths % 10);
}

void write_rates(std::string& text, const Rates& rates, std::int64_t call_s) {
  text.clear();
  add_kbit(text, R"({"up_kbit":)", rates.up_bit_per_s);
  add_kbit(text, R"(,"down_kbit":)", rates.down_bit_per_s);
  add_number(text, R"(,"up_pps":)", rates.up_packets_per_s);
  add_number(text, R"(,"down_pps":)", rates.down_packets_per_s);
  add_number(text, R"(,"flows":)", rates.flows);
  add_number(text, R"(,"call_s":)", call_s);
  text += '}';
}

}  // namespace

MqttRates::MqttRates(const MqttTopics& topics) {
  messages_.push_back({topics.rates(), {}, 0, false});
  for (const std::string& slug : topics.device_slugs()) {
    messages_.push_back({topics.of_device(slug, "rates"), {}, 0, false});
  }
  due_.reserve(messages_.size());
  were_idle_.assign(topics.device_slugs().size(), true);
}

std::span<const MqttMessage* const> MqttRates::write(const RatesMeasured& rates, const Report* report, Instant now,
                                                     bool wants_all) {
  due_.clear();
  write_rates(messages_.front().payload, rates.total, report == nullptr ? 0 : seconds_since(report->call_started, now));
  due_.push_back(&messages_.front());
  // Before the first call nothing was measured of the devices; that is zero for each of them.
  for (std::size_t i = 0; i + 1 < messages_.size(); ++i) {
    const Rates device = i < rates.devices.size() ? rates.devices[i] : Rates{};
    const bool is_idle = device == Rates{};
    if (wants_all || !is_idle || !were_idle_[i]) {
      const bool is_reported = report != nullptr && i < report->devices.size();
      write_rates(messages_[i + 1].payload, device, is_reported ? seconds_since(report->devices[i].call_started, now) : 0);
      due_.push_back(&messages_[i + 1]);
    }
    were_idle_[i] = is_idle;
  }
  return due_;
}

}  // namespace voip
