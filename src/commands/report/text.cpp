#include <algorithm>
#include <string_view>

#include "base/words.h"
#include "commands/report/figures.h"

namespace voip {
namespace {

constexpr std::size_t label_width = 10;
constexpr std::size_t widest_name = 30;

using Lines = std::vector<Line>;

Line labelled(std::string label, std::string content) {
  label.resize(std::max(label_width, label.size() + 1), ' ');
  return {{std::move(label)}, {std::move(content)}};
}

std::string minutes(std::int64_t seconds) {
  return seconds < 60 ? std::to_string(seconds) + " s" : std::to_string((seconds + 30) / 60) + " min";
}

std::string milliseconds(std::int64_t ms) {
  return ms < 1000 ? std::to_string(ms) + " ms"
                   : std::to_string((ms + 50) / 1000) + "." + std::to_string((ms + 50) / 100 % 10) + " s";
}

std::string mos(std::uint32_t hundredths) {
  const std::uint32_t tenths = (hundredths + 5) / 10;
  return "MOS " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void add(std::string& list, const std::string& item) {
  list += (list.empty() ? "" : ", ") + item;
}

std::string grades(const CallTally& tally) {
  std::string list;
  for (const Grade grade : all_grades) {
    if (const std::size_t calls = tally.grades.at(static_cast<std::size_t>(grade)); calls > 0) {
      add(list, std::to_string(calls) + " " + std::string(to_string(grade)));
    }
  }
  return list;
}

std::string causes(const CallTally& tally) {
  std::string list;
  for (const QualityCause cause : all_causes) {
    if (const std::size_t calls = tally.causes.at(static_cast<std::size_t>(cause)); calls > 0) {
      add(list, std::string(cause == QualityCause::far_end ? "the other end" : to_string(cause)) + " " + std::to_string(calls));
    }
  }
  return list;
}

// "310 ms without QoS, 24 ms with it"; empty where neither is known.
std::string delays(const CallGroup& group) {
  std::string text;
  if (group.without_qos.calls > 0) {
    add(text, milliseconds(group.without_qos.median_ms) + " without QoS");
  }
  if (group.with_qos.calls > 0) {
    add(text, milliseconds(group.with_qos.median_ms) + (text.empty() ? " with QoS" : " with it"));
  }
  return text;
}

std::string group_words(const CallGroup& group) {
  std::string text = grades(group.tally);
  if (group.mos_hundredths) {
    add(text, mos(*group.mos_hundredths));
  }
  if (const std::string delay = delays(group); !delay.empty()) {
    add(text, delay);
  }
  return text;
}

void append_rows(Lines& lines, const char* label, const std::vector<TallyRow>& rows) {
  Lines cells;
  for (const TallyRow& row : rows) {
    cells.push_back({cut({{row.name}}, widest_name).front(),
                     {counted(row.tally.calls, "call")},
                     {minutes(row.tally.seconds)},
                     {grades(row.tally)}});
  }
  lines.push_back({{label}});
  for (Line& line : table(cells)) {
    lines.push_back(std::move(line));
  }
}

Lines body(const ReportFigures& figures) {
  const CallTally& all = figures.all.tally;
  Lines lines{labelled("Calls", counted(all.calls, "call") + " in " + counted(figures.days, "day") + ", " + minutes(all.seconds)),
              labelled("Quality", grades(all))};
  if (figures.all.mos_hundredths) {
    lines.push_back(labelled("", mos(*figures.all.mos_hundredths) + " on the mean"));
  }
  if (const std::string list = causes(all); !list.empty()) {
    lines.push_back(labelled("Causes", list));
  }
  lines.push_back(labelled("QoS", "was on in " + std::to_string(figures.had_qos) + " of " + counted(all.calls, "call")));
  if (figures.until_qos.calls > 0) {
    lines.push_back(labelled("", milliseconds(figures.until_qos.median_ms) + " after the first packet (median), " +
                                     milliseconds(figures.until_qos.worst_ms) + " at worst"));
  }
  if (const std::string delay = delays(figures.all); !delay.empty()) {
    lines.push_back(labelled("Delay", delay + " in the queues of the line (medians)"));
  }
  if (figures.compared.tally.calls > 0) {
    lines.push_back(labelled("Compared", counted(figures.compared.tally.calls, "call") + " left alone for 10 s at first: "));
    lines.push_back(labelled("", group_words(figures.compared)));
    if (figures.others.tally.calls > 0) {
      lines.push_back(labelled("", "the others: " + group_words(figures.others)));
    }
  }
  append_rows(lines, "Devices", figures.devices);
  append_rows(lines, "Days", figures.by_day);
  return lines;
}

Lines nothing(const ReportFigures& figures, bool keeps) {
  if (figures.kept > 0) {
    const std::size_t before = figures.kept - figures.of_the_future;
    return {{{"No call in " + counted(figures.days, "day") +
              (before > 0 ? "; " + counted(before, "call") + " before that: --days" : std::string())}}};
  }
  return keeps ? Lines{{{"Nothing was kept yet: a call is written down when it has ended."}}}
               : Lines{{{"Nothing is kept: node.keep_calls is 0."}}};
}

}  // namespace

std::string report_text(const ReportFigures& figures, bool keeps, Colour colour) {
  Lines lines = figures.all.tally.calls > 0 ? body(figures) : nothing(figures, keeps);
  if (figures.bad_lines > 0) {
    lines.push_back(
        {{counted(figures.bad_lines, "line") + " of the file could not be read (a loss of power tears one off)", Tone::yellow}});
  }
  if (figures.of_the_future > 0) {
    const bool is_one = figures.of_the_future == 1;
    lines.push_back({{counted(figures.of_the_future, "call") + " of the future " + (is_one ? "is" : "are") +
                          " not counted (the router's clock was ahead)",
                      Tone::yellow}});
  }
  std::string text;
  for (const Line& line : lines) {
    text += to_text(line, colour) + "\n";
  }
  return text;
}

}  // namespace voip
