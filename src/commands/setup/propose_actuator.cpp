#include "commands/setup/propose_actuator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/words.h"

namespace voip {
namespace {

constexpr std::uint32_t least_kbit = 64;
constexpr std::uint32_t most_kbit = 10'000'000;
constexpr std::uint64_t call_percent = 85;  // of a CAKE's bandwidth, during a call

// The value of "sqm.eth1.upload='900'" where the line is of that option.
std::optional<std::string_view> value_of(std::string_view line, std::string_view option) {
  if (!line.starts_with(option) || line.size() <= option.size() || line[option.size()] != '=') {
    return std::nullopt;
  }
  std::string_view value = line.substr(option.size() + 1);
  if (value.size() >= 2 && value.front() == '\'' && value.back() == '\'') {
    value = value.substr(1, value.size() - 2);
  }
  return value;
}

std::string_view find_value(std::string_view text, const std::string& option) {
  for (const std::string_view line : lines_of(text)) {
    if (const auto value = value_of(line, option)) {
      return *value;
    }
  }
  return {};
}

LineRates rates_of_section(std::string_view text, const std::string& section) {
  const auto kbit = [&](const char* key) { return parse_kbit(find_value(text, section + key)).value_or(0); };
  return {.upload_kbit = kbit(".upload"), .download_kbit = kbit(".download")};
}

// "900Kbit", "1.5Mbit", as tc prints them; 0: no limit, or not understood.
std::uint32_t kbit_of_tc(std::string_view text) {
  const std::size_t unit = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view name = text.substr(unit);
  const std::uint64_t factor = name == "Kbit" ? 1 : name == "Mbit" ? 1000 : name == "Gbit" ? 1'000'000 : 0;
  const std::string_view digits = text.substr(0, unit);
  const std::size_t point = std::min(digits.find('.'), digits.size());
  std::string thousandths(digits.substr(std::min(point + 1, digits.size())).substr(0, 3));
  thousandths.resize(3, '0');
  const auto whole = parse_number(digits.substr(0, point));
  const auto part = parse_number(thousandths);
  return whole && part ? static_cast<std::uint32_t>(std::min<std::uint64_t>(*whole * factor + *part * factor / 1000, most_kbit))
                       : 0;
}

}  // namespace

ActuatorProposal propose_actuator(const std::vector<ActuatorFinding>& findings, const Settings& now, const RateFinding& rates,
                                  bool may_ask) {
  if (now.qos.actuator != "none") {
    return {now.qos.actuator, "Your configuration has it."};
  }
  const auto is_ready = [&findings](std::string_view name) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const ActuatorFinding& one) { return one.name == name && one.why_not.empty(); });
  };
  // What the owner has set up already goes before what would be new. A CAKE that shapes now is to stay.
  constexpr std::array<std::string_view, 4> order{"qosify", "cake-rate", "sqm-scripts", "qos-scripts"};
  const auto* const found = std::find_if(order.begin(), order.end(), is_ready);
  if (found != order.end()) {
    return {std::string(*found), std::string(*found) + " is set up on this router."};
  }
  if (!is_ready("tc")) {
    return {"none", "Nothing that can switch QoS was found ready."};
  }
  if (rates.is_any_known()) {
    return {"tc", "The kernel has what it needs."};
  }
  if (rates.why_not_learnt.empty()) {
    return {"tc", "The kernel has what it needs, and the rates of the line are learnt when it is full."};
  }
  if (may_ask) {
    return {"tc", "The kernel has what it needs."};
  }
  return {"none", "tc would do, but the rates of the line are not known, and cannot be learnt (" + rates.why_not_learnt +
                      "): set upload_kbit and download_kbit in [qos.tc], and actuator = \"tc\" in [qos]."};
}

LineRates rates_of_sqm(std::string_view uci_text, std::string_view device) {
  for (const std::string_view line : lines_of(uci_text)) {
    constexpr std::string_view option = ".interface=";
    const std::size_t end = line.find(option);
    if (end != std::string_view::npos && value_of(line, line.substr(0, end + option.size() - 1)) == device) {
      return rates_of_section(uci_text, std::string(line.substr(0, end)));
    }
  }
  return {};
}

LineRates rates_of_qos_scripts(std::string_view uci_text, std::string_view section) {
  return rates_of_section(uci_text, "qos." + std::string(section));
}

LineRates rates_of_cake(std::string_view tc_text, const std::string& device) {
  LineRates rates;
  for (const std::string_view line : lines_of(tc_text)) {
    // "qdisc cake 8001: dev eth1 root refcnt 2 bandwidth 900Kbit diffserv3 ..."
    const auto words = words_of(line);
    if (words.size() < 2 || words[1] != "cake" || std::find(words.begin(), words.end(), "root") == words.end()) {
      continue;
    }
    const std::uint32_t kbit = kbit_of_tc(word_after(words, "bandwidth"));
    const std::string_view where = word_after(words, "dev");
    constexpr std::size_t longest_name = 15;
    if (where == device) {
      rates.upload_kbit = kbit;
    } else if (where == ("ifb4" + device).substr(0, longest_name)) {
      rates.download_kbit = kbit;
    }
  }
  return rates;
}

CakeRateSettings cake_rate_settings(const LineRates& idle) {
  const auto in_call = [](std::uint32_t kbit) { return static_cast<std::uint32_t>(kbit * call_percent / 100); };
  return {.upload_kbit = in_call(idle.upload_kbit),
          .download_kbit = in_call(idle.download_kbit),
          .idle_upload_kbit = idle.upload_kbit,
          .idle_download_kbit = idle.download_kbit,
          .download_device = {}};
}

std::optional<std::uint32_t> parse_kbit(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, end));
  std::string unit;
  for (const char c : text.substr(end)) {
    unit += c == ' ' ? "" : std::string(1, static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  const bool is_mega = unit == "m" || unit == "mbit" || unit == "mbit/s";
  if (!number || !(is_mega || unit.empty() || unit == "k" || unit == "kbit" || unit == "kbit/s")) {
    return std::nullopt;
  }
  const std::uint64_t kbit = std::uint64_t{*number} * (is_mega ? 1000 : 1);
  return kbit >= least_kbit && kbit <= most_kbit ? std::optional(static_cast<std::uint32_t>(kbit)) : std::nullopt;
}

}  // namespace voip
