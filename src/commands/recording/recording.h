// The commands record, replay and tune: what the monitor sees is written down, run through the engine again, and learnt from.
// Each returns its exit status.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/recording/marked_call.h"
#include "core/time.h"

namespace voip {

struct RecordOptions {
  std::optional<std::string> config;
  std::optional<Duration> time_limit;  // absent: until it is asked to end
  std::string output = "-";            // standard output
  bool masks_remote = false;
  bool masks_lan = false;
};
// Runs until SIGINT, SIGTERM, the time limit, or the greatest size.
int record_command(const RecordOptions& options);

struct ReplayOptions {
  std::optional<std::string> config;
  std::optional<Duration> interval;  // instead of the timeline's own
  std::vector<std::string> files;    // "-": standard input
  bool explains = false;             // tells the detector's opinions, too
};
// Prints one JSON object a line for each event of each timeline, in the order of the files; with --explain the detector's opinion
// of each busy flow every second, too. Goes on after a file that cannot be read.
int replay_command(const ReplayOptions& options);

struct TuneOptions {
  std::optional<std::string> config;
  std::vector<MarkedCall> calls;  // in every file, besides those that the files mark
  std::vector<std::string> files;
};
int tune_command(const TuneOptions& options);

}  // namespace voip
