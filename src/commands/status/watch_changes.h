// What changed from one status to the next, in words: calls that began and ended, QoS that was switched or failed, flows that
// came near to being a call, a daemon that went away and came back. Pure: statuses in, changes out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "commands/common/status_reading.h"
#include "terminal/styled_line.h"

namespace voip {

struct Change {
  std::string time;  // "2026-08-20T18:05:09Z"
  Piece what;
};

std::string to_text(const Change& change, Colour colour);  // one line, without its end

class ChangeFinder {
 public:
  // What differs from the status before; the first time, what is the case.
  std::vector<Change> next(const SeenStatus& status);
  // There is no status: `why` is told once, until there is one again or the reason is another.
  std::vector<Change> missing(std::string_view time, const std::string& why);

 private:
  void compare_lives(const SeenStatus& status, std::vector<Change>& changes);
  void compare_calls(const SeenStatus& status, std::vector<Change>& changes) const;
  void compare_qos(const SeenStatus& status, std::vector<Change>& changes) const;
  void compare_problems(const SeenStatus& status, std::vector<Change>& changes) const;
  void compare_flows(const SeenStatus& status, std::vector<Change>& changes);

  std::optional<SeenStatus> before_;
  std::set<std::string> near_;  // flows that have been told; at most as many as a status lists
  std::string missing_;         // why there is no status; empty: there is one
};

}  // namespace voip
