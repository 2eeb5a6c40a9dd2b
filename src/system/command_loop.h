// A loop for commands that end: it waits for one thing at a time, and for each only so long. Ctrl-C ends every wait.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "core/actuator.h"
#include "system/child.h"
#include "system/loop.h"

namespace voip {

class CommandLoop {
 public:
  static Result<std::unique_ptr<CommandLoop>> open();

  [[nodiscard]] Loop& loop() { return *loop_; }
  // Somebody has asked for the end: nothing is waited for any more.
  [[nodiscard]] bool is_interrupted() const { return is_interrupted_; }

  // Whether it came to that within the limit. What is posted meanwhile goes to `take`, if there is one.
  bool wait_until(const std::function<bool()>& is_so, Duration limit, const std::function<void(const Event&)>& take = nullptr);

  // One program to its end, or to that of the time.
  CommandResult run(const Command& command, Duration limit);
  // All of them one after the other, within the limit together; those that there is no time for are told as such.
  std::vector<CommandResult> run_all(const Plan& plan, Duration limit);

 private:
  explicit CommandLoop(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

  std::unique_ptr<Loop> loop_;
  bool is_interrupted_ = false;
};

}  // namespace voip
