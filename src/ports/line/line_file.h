// The file in which the rates of the line are kept over a restart. It is written seldom; a directory that cannot be used costs
// one log line.
#pragma once

#include <optional>
#include <string>

#include "ports/line/kept_line.h"
#include "system/loop.h"
#include "system/state_writer.h"

namespace voip {

class LineFile {
 public:
  // An empty name: nothing is kept.
  explicit LineFile(std::string directory) : directory_(std::move(directory)) {}

  // Returns the device of which something is kept; empty: nothing is.
  std::string open(Loop& loop);
  // This is known now. It is written now or later, if it is news.
  void keep(const KeptLine& known);
  void close();

 private:
  void write();
  void has_ended(bool is_written);

  const std::string directory_;
  Loop* loop_ = nullptr;
  KeptLine in_file_;
  KeptLine known_;
  std::optional<Instant> written_at_;
  StateWriter writer_{{"what is known of the line is not kept over a restart", nullptr},
                      [this](bool is_written) { has_ended(is_written); }};
};

}  // namespace voip
