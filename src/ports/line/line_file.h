// The file in which the rates of the line are kept over a restart. It is written seldom; a directory that cannot be used costs
// one log line.
#pragma once

#include <optional>
#include <string>

#include "ports/line/kept_line.h"
#include "system/loop.h"
#include "system/state_writing.h"

namespace voip {

class LineFile {
 public:
  explicit LineFile(std::string directory) : directory_(std::move(directory)) {}
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Returns the device of which something is kept; empty: nothing is.
  std::string open(Loop& loop);
  // This is known now. It is written now or later, if it is news.
  void keep(const KeptLine& known);
  void close();

 private:
  void write();
  void end_writing(Duration limit);

  const std::string directory_;
  Loop* loop_ = nullptr;
  KeptLine in_file_;
  KeptLine known_;
  std::optional<StateWriting> writing_;
  std::optional<Instant> written_at_;
  bool has_failed_ = false;
};

}  // namespace voip
