#include "commands/status/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/words.h"
#include "commands/common/status_reading.h"
#include "commands/status/words.h"

namespace voip {
namespace {

constexpr std::size_t most_flows_shown = 20;
constexpr std::size_t label_width = 10;

using Lines = std::vector<Line>;

void append(Lines& lines, Lines more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

Line labelled(std::string label, const Line& content) {
  label.resize(std::max(label_width, label.size() + 1), ' ');
  Line line{{label}};
  line.insert(line.end(), content.begin(), content.end());
  return line;
}

Lines head(const SeenStatus& status) {
  return {labelled("QoS", qos_words(status)), labelled("Mode", {{mode_words(status)}})};
}

Lines calls_part(const SeenStatus& status) {
  Lines lines{labelled("Calls", {{std::to_string(status.calls), Tone::bold}})};
  Lines rows;
  for (const SeenCall& call : status.call_list) {
    rows.push_back({{call.device},
                    {call.remote},
                    {call_words(call)},
                    {"up " + rate(call.rates.up_bit_per_s, call.rates.up_packets_per_s)},
                    {"down " + rate(call.rates.down_bit_per_s, call.rates.down_packets_per_s)},
                    {call.reason}});
  }
  append(lines, table(rows));
  return lines;
}

Lines flows_part(const SeenStatus& status) {
  const std::size_t all = status.flow_list.size() + status.flows_left_out;
  Lines lines{labelled("Watched", {{counted(all, "flow")}})};
  Lines rows;
  for (const SeenFlow& flow : status.flow_list) {
    if (rows.size() == most_flows_shown) {
      break;
    }
    rows.push_back({{flow.in_call ? "call" : ""},
                    {std::to_string(flow.score) + "/" + std::to_string(flow.threshold)},
                    {flow.device},
                    {flow.flow},
                    {"up " + rate(flow.rates.up_bit_per_s, flow.rates.up_packets_per_s)},
                    {"down " + rate(flow.rates.down_bit_per_s, flow.rates.down_packets_per_s)},
                    {flow.has_counters ? flow.reason : no_counters}});
  }
  append(lines, table(rows));
  if (all > rows.size()) {
    lines.push_back({{"  and " + std::to_string(all - rows.size()) + " more: voip-qosd status --json"}});
  }
  return lines;
}

Lines problems_part(const SeenStatus& status) {
  Lines lines;
  for (const Piece& problem : problems(status)) {
    lines.push_back(labelled("Problem", {problem}));
  }
  return lines;
}

std::string joined(const Lines& lines, Colour colour) {
  std::string text;
  for (const Line& line : lines) {
    text += to_text(line, colour) + "\n";
  }
  return text;
}

}  // namespace

Result<std::string> status_text(std::string_view json, Colour colour) {
  const auto status = read_status(json);
  if (!status) {
    return Error{status.error()};
  }
  Lines lines = head(*status);
  if (const Line line = line_words(*status); !line.empty()) {
    lines.push_back(labelled("Line", line));
  }
  append(lines, calls_part(*status));
  if (const Line quality = quality_words(*status); !quality.empty()) {
    lines.push_back(labelled("Quality", quality));
  }
  append(lines, flows_part(*status));
  lines.push_back(labelled("So far", {{counted(static_cast<std::uint64_t>(status->calls_seen), "call") + ", " +
                                       counted(static_cast<std::uint64_t>(status->switches), "switch") + ", " +
                                       counted(static_cast<std::uint64_t>(status->flows_seen), "flow")}}));
  append(lines, problems_part(*status));
  return joined(lines, colour);
}

Result<OrderText> order_text(std::string_view json, Colour colour) {
  const auto status = read_status(json);
  if (!status) {
    return Error{status.error()};
  }
  Lines lines = head(*status);
  const std::string result = status->order ? status->order->result : "";
  const bool has_failed = result == "failed";
  if (has_failed && status->order->error != status->error) {
    lines.push_back(labelled("Problem", {{status->order->error + "; it is tried again", Tone::red}}));
  } else if (result == "going_on") {
    lines.push_back(labelled("Switch", {{"it goes on; see: voip-qosd status"}}));
  } else if (status->is_wanted && status->actuator == "none") {
    lines.push_back(labelled("Switch", {{"qos.actuator is \"none\": nothing is switched"}}));
  }
  append(lines, problems_part(*status));
  return OrderText{joined(lines, colour), has_failed};
}

}  // namespace voip
