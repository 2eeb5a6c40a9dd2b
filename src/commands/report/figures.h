// What is counted of the calls that were kept, and how it reads. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ports/calls/calls.h"
#include "terminal/styled_line.h"

namespace voip {

struct CallTally {
  std::size_t calls = 0;
  std::int64_t seconds = 0;
  std::array<std::size_t, 4> grades{};  // in the order of Grade
  std::array<std::size_t, 4> causes{};  // in the order of QualityCause
  std::array<std::size_t, 3> kinds{};   // in the order of CallKind
};

struct TallyRow {
  std::string name;
  CallTally tally;
};

// Of those calls of which it is known; with no such call it says nothing.
struct DelayFigure {
  std::size_t calls = 0;
  std::int64_t median_ms = 0;  // of an even number the greater one in the middle
  std::int64_t worst_ms = 0;
};

struct CallGroup {
  CallTally tally;
  std::optional<std::uint32_t> mos_hundredths;  // the mean
  DelayFigure without_qos;                      // that the queues of the line added
  DelayFigure with_qos;
};

struct ReportFigures {
  std::uint32_t days = 0;
  std::size_t kept = 0;           // of all days
  std::size_t bad_lines = 0;      // that could not be read
  std::size_t of_the_future = 0;  // of those that were kept; the clock was ahead then, and they are not counted
  CallGroup all;
  std::size_t had_qos = 0;
  DelayFigure until_qos;  // from the first packet; compared calls, which have to wait, do not count
  CallGroup compared;     // left alone at first
  CallGroup others;
  std::vector<TallyRow> devices;  // those with the longest calls first
  std::vector<TallyRow> by_day;   // the oldest first, those without a call left out
};

// The number of the day since 1970-01-01 in which a moment (Unix time) lies.
using DayOf = std::function<std::int64_t(std::int64_t)>;

ReportFigures figures_of(const KeptCallsRead& kept, std::uint32_t days, std::int64_t now_s, const DayOf& day_of);

// `keeps`: the configuration says that calls are kept.
std::string report_text(const ReportFigures& figures, bool keeps, Colour colour);
std::string report_json(const ReportFigures& figures);

}  // namespace voip
