#include "system/command_loop.h"

#include <optional>
#include <utility>
#include <variant>

namespace voip {
namespace {

constexpr Duration ending_time = 3s;  // what Child may need beyond the limit for a program that does not want to end

}  // namespace

Result<std::unique_ptr<CommandLoop>> CommandLoop::open() {
  auto loop = Loop::open();
  if (!loop) {
    return Error{loop.error()};
  }
  return std::unique_ptr<CommandLoop>(new CommandLoop(std::move(*loop)));
}

bool CommandLoop::wait_until(const std::function<bool()>& is_so, Duration limit, const std::function<void(const Event&)>& take) {
  const Instant end = loop_->now() + limit;
  while (!is_so()) {
    if (is_interrupted_ || loop_->now() >= end) {
      return false;
    }
    for (const Event& event : loop_->wait(end)) {
      is_interrupted_ = is_interrupted_ || std::holds_alternative<StopRequested>(event);
      if (take) {
        take(event);
      }
    }
  }
  return true;
}

CommandResult CommandLoop::run(const Command& command, Duration limit) {
  std::optional<CommandResult> result;
  Child child(*loop_);
  child.start(command, limit, [&result](CommandResult ended) { result = std::move(ended); });
  wait_until([&result] { return result.has_value(); }, limit + ending_time);
  return result.value_or(CommandResult{.exit_status = -1, .failure = is_interrupted_ ? "interrupted" : "out of time"});
}

std::vector<CommandResult> CommandLoop::run_all(const Plan& plan, Duration limit) {
  std::vector<CommandResult> results;
  const Instant end = loop_->now() + limit;
  for (const Command& command : plan) {
    const Duration left = end - loop_->now();
    results.push_back(left > 0ms && !is_interrupted_
                          ? run(command, left)
                          : CommandResult{.exit_status = -1, .failure = "there was no time left for it"});
  }
  return results;
}

}  // namespace voip
