// What can switch QoS on this router, and which of it is proposed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/setup/configuration_text.h"
#include "core/settings.h"

namespace voip {

// One actuator, as it was looked at with the settings that it would have.
struct ActuatorFinding {
  std::string name;
  std::string why_not{};  // it would not switch now; empty: it would
  bool is_installed = true;
};

// What is known of the line's rates, for tc.
struct RateFinding {
  TcRates known{};               // as they stand in the configuration or in that of another shaper
  std::string why_not_learnt{};  // what nobody knows cannot be learnt here; empty: it is
  [[nodiscard]] bool is_any_known() const { return known.upload_kbit.value_or(0) != 0 || known.download_kbit.value_or(0) != 0; }
};

struct ActuatorProposal {
  std::string name;
  std::string why{};  // a sentence
};
// `may_ask` for rates that are not known and cannot be learnt: else an actuator that needs them is not proposed.
ActuatorProposal propose_actuator(const std::vector<ActuatorFinding>& findings, const Settings& now, const RateFinding& rates,
                                  bool may_ask);

// The line's rates as sqm-scripts and qos-scripts have them, out of `uci show sqm` and `uci show qos`. `device` is the WAN's.
LineRates rates_of_sqm(std::string_view uci_text, std::string_view device);
LineRates rates_of_qos_scripts(std::string_view uci_text, std::string_view section);

// Bandwidths of the CAKEs at the root of the WAN and of its IFB, out of `tc qdisc show`.
LineRates rates_of_cake(std::string_view tc_text, const std::string& device);
// What cake-rate is to do with these.
CakeRateSettings cake_rate_settings(const LineRates& idle);

// "900", "10M", "10 Mbit/s"; nothing where it is none, or not from 64 kbit/s to 10 Gbit/s.
std::optional<std::uint32_t> parse_kbit(std::string_view text);

}  // namespace voip
