#include "commands/status/watch_frame.h"

#include <algorithm>
#include <tuple>

#include "base/printable.h"
#include "commands/status/watch_flows.h"
#include "commands/status/words.h"

namespace voip {
namespace {

using Lines = std::vector<Line>;

constexpr std::size_t rows_for_line = 14;
constexpr const char* keys = " q quit   space pause   up/down scroll   QoS: O on, F off, A auto";

void append(Lines& lines, Lines more, std::size_t most) {
  more.resize(std::min(more.size(), most));
  lines.insert(lines.end(), more.begin(), more.end());
}

// One bar across the window, with something at either end.
Line bar_of(const std::string& left, const std::string& right, std::size_t width) {
  const std::size_t used = columns(left) + columns(right);
  const std::string gap(width > used ? width - used : 1, ' ');
  return {{left + gap + right, Tone::inverse}};
}

Line title(const WatchView& view, std::size_t width) {
  const SeenStatus& status = view.status;
  std::string left = " voip-qosd " + status.version;
  if (!status.detector.empty()) {
    left += "   detector " + status.detector + (status.sensitivity.empty() ? "" : " (" + status.sensitivity + ")");
  }
  if (!status.actuator.empty()) {
    left += "   actuator " + status.actuator;
  }
  const std::string time = clock(status.time, status.time);
  return bar_of(left, (view.is_paused ? "PAUSED at " : !view.missing.empty() ? "as of " : "") + time + " ", width);
}

Line labelled(std::string label, const Line& content) {
  label.resize(std::max<std::size_t>(10, label.size() + 1), ' ');
  Line line{{label}};
  line.insert(line.end(), content.begin(), content.end());
  return line;
}

Lines head(const WatchView& view, std::size_t rows) {
  Lines lines;
  if (!view.missing.empty()) {
    lines.push_back({{view.missing + "; waiting for it", Tone::red}});
  }
  Line qos = qos_words(view.status);
  qos.push_back({"   mode " + mode_words(view.status)});
  lines.push_back(labelled("QoS", qos));
  for (const Piece& problem : problems(view.status)) {
    lines.push_back(labelled("Problem", {problem}));
  }
  // Problems come before it where there is little room.
  if (const Line line = line_words(view.status); !line.empty() && rows >= rows_for_line) {
    lines.push_back(labelled("Line", line));
  }
  if (const Line quality = quality_words(view.status); !quality.empty() && rows >= rows_for_line) {
    lines.push_back(labelled("Quality", quality));
  }
  return lines;
}

Lines calls_part(const SeenStatus& status, std::size_t most) {
  Lines lines{labelled("Calls", {{std::to_string(status.calls), Tone::bold}})};
  Lines rows;
  for (const SeenCall& call : status.call_list) {
    if (rows.size() == most) {
      break;
    }
    rows.push_back({{cut(call.device, 24), Tone::green},
                    {call.remote},
                    {call_words(call), Tone::bold},
                    {"up " + rate(call.rates.up_bit_per_s, call.rates.up_packets_per_s)},
                    {"down " + rate(call.rates.down_bit_per_s, call.rates.down_packets_per_s)}});
  }
  const std::size_t shown = rows.size();
  append(lines, table(rows), shown);
  if (status.call_list.size() > shown) {
    lines.front().push_back({", " + std::to_string(status.call_list.size() - shown) + " of them not shown here"});
  }
  return lines;
}

// As many on a line as fit.
Lines devices_part(const SeenStatus& status, std::size_t width, std::size_t most) {
  Lines lines;
  std::size_t used = width;
  for (const SeenDevice& device : status.devices) {
    const std::string calls = device.calls == 0   ? ""
                              : device.calls == 1 ? " (in a call)"
                                                  : " (" + std::to_string(device.calls) + " calls)";
    const Piece piece{cut(device.name, 24) + calls, device.calls > 0 ? Tone::green : Tone::plain};
    const std::size_t more = columns(piece.text) + 2;
    if (used + more > width) {
      if (lines.size() == most) {
        lines.back().push_back({"  ..."});
        break;
      }
      lines.push_back(labelled(lines.empty() ? "Devices" : "", {piece}));
      used = 10 + more;
    } else {
      lines.back().push_back({"  "});
      lines.back().push_back(piece);
      used += more;
    }
  }
  return lines;
}

Lines log_part(const std::vector<Change>& log, std::size_t rows) {
  Lines lines{{{"Changes"}}};
  const std::size_t shown = std::min(rows - 1, log.size());
  for (auto change = log.end() - static_cast<std::ptrdiff_t>(shown); change != log.end(); ++change) {
    const std::string time = change->time.size() == 20 ? change->time.substr(11, 8) : change->time;
    lines.push_back({{"  " + time + "  ", Tone::dim}, change->what});
  }
  lines.resize(rows);
  return lines;
}

// What is left of the window once the head, the calls and the devices have theirs: mostly for the flows.
struct Shares {
  std::size_t keys = 0;
  std::size_t log = 0;  // with its heading
  std::size_t blanks = 0;
};

Shares shares_of(std::size_t rows) {
  Shares shares;
  shares.keys = rows >= 10 ? 1 : 0;
  shares.log = rows >= 14 ? std::clamp<std::size_t>(rows / 5, 4, 10) : 0;
  shares.blanks = rows >= 30 ? 1 : 0;
  return shares;
}

}  // namespace

void sort_flows(std::vector<SeenFlow>& flows) {
  // Where the scores are equal, by a step that a flow does not cross all the time: rows that jump cannot be read.
  const auto is_busy = [](const SeenFlow& flow) {
    return std::int64_t{flow.rates.up_packets_per_s} + flow.rates.down_packets_per_s >= 10;
  };
  std::sort(flows.begin(), flows.end(), [&is_busy](const SeenFlow& a, const SeenFlow& b) {
    // Scores over thresholds, without a division.
    const std::int64_t a_score = a.score * std::max<std::int64_t>(1, b.threshold);
    const std::int64_t b_score = b.score * std::max<std::int64_t>(1, a.threshold);
    return std::tuple(!a.in_call, -a_score, !is_busy(a), std::string_view(a.flow)) <
           std::tuple(!b.in_call, -b_score, !is_busy(b), std::string_view(b.flow));
  });
}

std::vector<Line> watch_frame(const WatchView& view, ScreenSize size) {
  const Shares shares = shares_of(size.rows);
  Lines lines{title(view, size.columns)};
  append(lines, head(view, size.rows), std::max<std::size_t>(1, size.rows / 5));
  const auto blank = [&lines, &shares] { lines.resize(lines.size() + shares.blanks); };
  blank();
  append(lines, calls_part(view.status, std::max<std::size_t>(1, size.rows / 6)), size.rows);
  append(lines, devices_part(view.status, size.columns, 1 + size.rows / 20), size.rows);
  blank();
  const std::size_t used = lines.size() + shares.log + shares.keys + shares.blanks;
  const std::size_t for_flows = size.rows > used ? size.rows - used : 0;
  append(lines, watched_flows(view.status, view.first_flow, size.columns, for_flows), for_flows);
  if (shares.log > 0) {
    lines.resize(std::max(lines.size(), size.rows - shares.log - shares.keys));
    append(lines, log_part(view.log, shares.log), shares.log);
  }
  lines.resize(shares.keys > 0 ? size.rows - 1 : std::min(lines.size(), size.rows));
  if (shares.keys > 0) {
    lines.push_back({{keys, Tone::dim}});
  }
  for (Line& line : lines) {
    line = cut(line, size.columns);
  }
  return lines;
}

}  // namespace voip
