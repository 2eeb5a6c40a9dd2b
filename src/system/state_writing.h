// A writing into the state directory on a thread of its own, since flash may take longer than a call may wait. Whoever no longer
// wants to know goes away without a word.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/time.h"

namespace voip {

class StateWriting {
 public:
  // As write_state_file(); `name` lives as long as the program.
  StateWriting(const std::string& directory, const char* name, std::string text);
  // What writes, with all that it needs.
  explicit StateWriting(std::function<Status()> write);

  // Becomes readable when it has ended.
  [[nodiscard]] int ended_fd() const { return ended_->get(); }
  // Waits so long, once.
  Status status(Duration limit);
  // The status was asked for too early: it may come to its end yet.
  [[nodiscard]] bool is_going_on() const { return failure_.empty() && status_.valid(); }

 private:
  std::shared_ptr<UniqueFd> ended_;
  std::future<Status> status_;
  std::string failure_;
};

}  // namespace voip
