#include "app/status_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace voip {
namespace {

using Json = nlohmann::json;
using Row = std::vector<std::string>;

constexpr std::size_t most_flows_shown = 20;
constexpr std::size_t label_width = 10;

enum class Tone { green, yellow, red, bold };

std::string painted(const std::string& text, Tone tone, Colour colour) {
  constexpr std::array<const char*, 4> codes{"\033[32m", "\033[33m", "\033[31m", "\033[1m"};
  return colour == Colour::plain ? text : codes.at(static_cast<std::size_t>(tone)) + text + "\033[0m";
}

std::string labelled(std::string label, const std::string& text) {
  label.resize(std::max(label_width, label.size() + 1), ' ');
  return label + text + "\n";
}

std::string in_words(const std::string& reason) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> words{
      {{"idle", "no call"},
       {"call", "a call is up"},
       {"release", "a call has just ended"},
       {"adopted", "found on at start"},
       {"manual", "ordered"},
       {"too_long", "on for too long, not believed any more"},
       {"pause", "a pause before it comes on again"},
       {"stopping", "the daemon ends"}}};
  for (const auto& [word, meaning] : words) {
    if (reason == word) {
      return std::string(meaning);
    }
  }
  return reason;
}

// "2026-08-20T18:05:09Z" -> "18:05:09 UTC"; the date is told where it is another day than now.
std::string clock(const Json& status, const char* key) {
  std::string moment = status.at(key);
  constexpr std::size_t date_length = 10;
  if (moment.size() != 20) {
    return moment;
  }
  const std::string time = moment.substr(date_length + 1, 8) + " UTC";
  const bool is_today = moment.substr(0, date_length) == status.at("time").get<std::string>().substr(0, date_length);
  return is_today ? time : moment.substr(0, date_length) + " " + time;
}

std::string span(std::int64_t seconds) {
  std::array<char, 64> text{};
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) {
    std::snprintf(text.data(), text.size(), "%d:%02d", static_cast<int>(minutes), static_cast<int>(seconds % 60));
  } else {
    std::snprintf(text.data(), text.size(), "%d:%02d:%02d", static_cast<int>(minutes / 60), static_cast<int>(minutes % 60),
                  static_cast<int>(seconds % 60));
  }
  return text.data();
}

std::string rate(const Json& rates, const char* kbit_key, const char* packets_key) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f kbit/s %d/s", rates.at(kbit_key).get<double>(), rates.at(packets_key).get<int>());
  return text.data();
}

// Columns as wide as their widest cell, two blanks apart; the last one as it is.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) {
        line.append(widths[i] - row[i].size() + 2, ' ');
      }
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string qos_line(const Json& status, Colour colour) {
  const bool wanted = status.at("wanted") == "ON";
  const std::string reason = " (" + in_words(status.at("reason")) + ")";
  if (status.at("qos").is_null()) {
    return painted("unknown", Tone::red, colour) + ", wanted " + (wanted ? "on" : "off") + reason;
  }
  const bool is_on = status.at("qos") == "ON";
  std::string text = is_on ? painted("on", Tone::green, colour) : painted("off", Tone::bold, colour);
  if (is_on != wanted) {
    text += painted(wanted ? ", wanted on" : ", wanted off", Tone::yellow, colour);
  }
  return text + reason;
}

std::string calls_part(const Json& status, Colour colour) {
  std::string text = labelled("Calls", painted(std::to_string(status.at("calls").get<int>()), Tone::bold, colour));
  std::vector<Row> rows;
  for (const Json& call : status.at("call_list")) {
    rows.push_back({call.at("device"), call.at("remote"), span(call.at("duration_s")), "up " + rate(call, "up_kbit", "up_pps"),
                    "down " + rate(call, "down_kbit", "down_pps"), call.at("reason")});
  }
  return text + table(rows);
}

std::string flows_part(const Json& status) {
  const Json& flows = status.at("flow_list");
  const std::size_t left_out = status.at("flows_left_out");
  std::string text = labelled("Watched", std::to_string(flows.size() + left_out) + " flows");
  std::vector<Row> rows;
  for (const Json& flow : flows) {
    if (rows.size() == most_flows_shown) {
      break;
    }
    const bool has_counters = flow.at("has_counters");
    rows.push_back({flow.at("in_call").get<bool>() ? "call" : "",
                    std::to_string(flow.at("score").get<int>()) + "/" + std::to_string(flow.at("threshold").get<int>()),
                    flow.at("device"), flow.at("flow"), "up " + rate(flow, "up_kbit", "up_pps"),
                    "down " + rate(flow, "down_kbit", "down_pps"),
                    has_counters ? flow.at("reason").get<std::string>() : "no counters: it began before accounting was on"});
  }
  text += table(rows);
  if (const std::size_t all = flows.size() + left_out; all > rows.size()) {
    text += "  and " + std::to_string(all - rows.size()) + " more: voip-qosd status --json\n";
  }
  return text;
}

std::string problems_part(const Json& status, Colour colour) {
  std::string text;
  if (!status.at("error").is_null()) {
    text += labelled("Problem", painted(status.at("error"), Tone::red, colour));
  }
  if (const std::string detector = status.at("detector"); detector != "ok") {
    const Json& why = status.at("detector_reason");
    text += labelled("Problem", painted("the detector is " + detector + (why.is_null() ? "" : ": " + why.get<std::string>()),
                                        detector == "blind" ? Tone::red : Tone::yellow, colour));
  }
  return text;
}

std::string mode_line(const Json& status) {
  const Json& until = status.at("override_until");
  return status.at("mode").get<std::string>() + (until.is_null() ? "" : ", until " + clock(status, "override_until"));
}

std::string whole_text(const Json& status, Colour colour) {
  std::string text = labelled("QoS", qos_line(status, colour));
  text += labelled("Mode", mode_line(status));
  text += calls_part(status, colour);
  text += flows_part(status);
  const Json& totals = status.at("totals");
  text += labelled("So far", std::to_string(totals.at("calls_seen").get<std::int64_t>()) + " calls, " +
                                 std::to_string(totals.at("switches").get<std::int64_t>()) + " switches, " +
                                 std::to_string(totals.at("flows_seen").get<std::int64_t>()) + " flows");
  return text + problems_part(status, colour);
}

template <typename Compose>
Result<std::string> with_status(std::string_view json, Compose compose) {
  try {
    const Json status = Json::parse(json);
    if (status.is_object() && status.contains("error") && status.size() == 1) {
      return Error{"the daemon refused: " + status.at("error").get<std::string>()};
    }
    return compose(status);
  } catch (const Json::exception& error) {
    return Error{std::string("understand the daemon's answer: ") + error.what() + "; is it of another version?"};
  }
}

}  // namespace

Result<std::string> status_text(std::string_view json, Colour colour) {
  return with_status(json, [colour](const Json& status) { return whole_text(status, colour); });
}

Result<std::string> order_text(std::string_view json, Colour colour) {
  return with_status(json, [colour](const Json& status) {
    return labelled("QoS", qos_line(status, colour)) + labelled("Mode", mode_line(status)) + problems_part(status, colour);
  });
}

}  // namespace voip
