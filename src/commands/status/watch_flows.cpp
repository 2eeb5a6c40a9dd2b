#include "commands/status/watch_flows.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/printable.h"
#include "commands/status/words.h"

namespace voip {
namespace {

constexpr std::size_t bar_width = 6;
constexpr std::size_t score_width = 5;
constexpr std::size_t rate_width = 11;
constexpr std::size_t widest_device = 20;
constexpr std::size_t columns_for_flows = 100;    // from here on flows are shown whole, not only their far end
constexpr std::size_t columns_for_reasons = 170;  // and here reasons have room beside them

std::string bar(const SeenFlow& flow) {
  const std::int64_t width = bar_width;
  const std::int64_t full = flow.threshold > 0 ? std::clamp<std::int64_t>(flow.score * width / flow.threshold, 0, width) : 0;
  std::string text(static_cast<std::size_t>(full), '#');
  text.resize(bar_width, '-');
  return text;
}

Tone tone_of(const SeenFlow& flow) {
  if (flow.in_call) {
    return Tone::green;
  }
  return is_near(flow) ? Tone::yellow : flow.score > 0 ? Tone::plain : Tone::dim;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string rate_cell(std::int64_t bit_per_s, std::int32_t packets_per_s) {
  std::array<char, 64> text{};
  const double kbit = static_cast<double>(bit_per_s) / 1000;
  std::snprintf(text.data(), text.size(), kbit < 9999.95 ? "%6.1f %4d" : "%6.0f %4d", kbit, packets_per_s);
  return text.data();
}

// "udp 192.168.1.5:40000 - 203.0.113.9:3478" -> "203.0.113.9:3478"
std::string far_end(const std::string& flow) {
  const std::size_t dash = flow.find(" - ");
  return dash == std::string::npos ? flow : flow.substr(dash + 3);
}

Line row_of(const SeenFlow& flow, std::size_t columns) {
  const Tone tone = tone_of(flow);
  const std::string none = right("-", rate_width);
  Line row{{bar(flow), tone},
           {right(std::to_string(flow.score) + "/" + std::to_string(flow.threshold), score_width), tone},
           {cut(flow.device, widest_device), flow.in_call ? Tone::green : Tone::plain},
           {flow.has_counters ? rate_cell(flow.rates.up_bit_per_s, flow.rates.up_packets_per_s) : none},
           {flow.has_counters ? rate_cell(flow.rates.down_bit_per_s, flow.rates.down_packets_per_s) : none},
           {columns < columns_for_flows ? far_end(flow.flow) : flow.flow}};
  if (columns >= columns_for_reasons) {
    row.push_back({reason_beside_score(flow), Tone::dim});
  }
  return row;
}

Line heading(std::size_t columns) {
  Line line{{""}, {"score"}, {"device"}, {"up kbit p/s"}, {"dn kbit p/s"}, {columns < columns_for_flows ? "far end" : "flow"}};
  if (columns >= columns_for_reasons) {
    line.push_back({"reason"});
  }
  for (Piece& piece : line) {
    piece.tone = Tone::dim;
  }
  return line;
}

// One that carries nothing and was never thought to be anything has no reason worth a line.
bool deserves_reason(const SeenFlow& flow) {
  return flow.in_call || !flow.has_counters || flow.score != 0 || flow.rates.up_packets_per_s + flow.rates.down_packets_per_s > 0;
}

Line title(const SeenStatus& status, std::size_t first, std::size_t shown) {
  const auto& flows = status.flow_list;
  const std::size_t all = flows.size() + status.flows_left_out;
  const auto in_calls = std::count_if(flows.begin(), flows.end(), [](const SeenFlow& flow) { return flow.in_call; });
  const std::int64_t uncounted = status.flows_without_counters;
  Line line{{"Watched   "},
            {std::to_string(all), Tone::bold},
            {all == 1 ? " flow" : " flows"},
            {", " + std::to_string(in_calls) + " in calls"}};
  if (uncounted > 0) {
    line.push_back({", " + std::to_string(uncounted) + " without counters", Tone::yellow});
  }
  if (shown < all) {
    line.push_back({"; here " + std::to_string(std::min(first + 1, all)) + " to " + std::to_string(first + shown)});
  }
  return line;
}

}  // namespace

std::vector<Line> watched_flows(const SeenStatus& status, std::size_t first, std::size_t columns, std::size_t rows) {
  const auto& flows = status.flow_list;
  if (rows < 2) {
    return rows == 0 ? std::vector<Line>() : std::vector<Line>{title(status, 0, flows.size())};
  }
  if (flows.empty()) {
    return {title(status, 0, 0)};
  }
  first = std::min(first, flows.size() - 1);
  const bool has_reason_lines = columns < columns_for_reasons;
  std::vector<Line> cells{heading(columns)};
  std::vector<bool> has_reason{false};
  std::size_t used = 2;  // the title and the heading
  std::size_t end = first;
  for (; end < flows.size() && used < rows; ++end) {
    const bool wants_reason = has_reason_lines && deserves_reason(flows[end]) && used + 2 <= rows;
    cells.push_back(row_of(flows[end], columns));
    has_reason.push_back(wants_reason);
    used += wants_reason ? 2 : 1;
  }
  std::vector<Line> lines{title(status, first, end - first)};
  const std::vector<Line> aligned = table(cells);
  for (std::size_t i = 0; i < aligned.size(); ++i) {
    lines.push_back(aligned[i]);
    if (has_reason[i]) {
      lines.push_back({{"      " + reason_beside_score(flows[first + i - 1]), Tone::dim}});
    }
  }
  return lines;
}

}  // namespace voip
