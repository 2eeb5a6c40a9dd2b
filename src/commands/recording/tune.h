// Proposes detector settings from captures in which a person marked the calls: runs them with each sensitivity, with and without
// what the marks suggest (ports that carry calls here, ports and devices that never do), and compares. Pure: no file, no clock.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "commands/recording/format.h"
#include "commands/recording/timeline.h"
#include "core/settings.h"

namespace voip {

struct TuneCapture {
  std::string name;
  std::variant<Timeline, Recording> traffic;
  std::vector<MarkedCall> calls;  // none: nobody called, and every alarm is false
};

// What one group of settings does to all captures.
struct TuneOutcome {
  std::size_t found = 0;                  // marked calls with an alarm
  std::vector<Duration> delays;           // of those that were found, from the mark's start to the alarm; sorted
  std::vector<std::string> missed;        // "evening.jsonl 12-95.5 s"
  std::vector<std::string> false_alarms;  // "evening.jsonl 203 s: laptop, 203.0.113.9:27015", the first ones
  std::size_t false_count = 0;
};

struct TuneRow {
  std::string name;  // "sensitivity high, with hints"
  Settings settings;
  TuneOutcome outcome;
};

struct TuneResult {
  std::size_t calls = 0;      // marked in all
  std::vector<TuneRow> rows;  // the first are the present settings
  std::size_t best = 0;       // most calls found, then fewest false alarms, then the delay in half seconds; of equals the first
};

// An alarm belongs to a marked call if it began up to 2 s before it or while it was up; one that began earlier and still stood
// then belongs to it too. Every other alarm is false. The present settings' devices are searched for by the alarms' names.
TuneResult tune(const std::vector<TuneCapture>& captures, const Settings& present);

// For people, as TOML: an aligned table and the proposal's reasons in comments, then the proposed keys ready to paste.
std::string to_text(const TuneResult& result, const std::vector<TuneCapture>& captures);

}  // namespace voip
