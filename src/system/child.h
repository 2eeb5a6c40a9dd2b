// Runs one program at a time: argument list, never a shell line; own process group; input from memory; output kept up to 64 KiB
// (2 MiB of JSON), the rest read and thrown away; a time limit after which the whole group is ended. It always answers, once,
// from Loop::wait().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/actuator.h"
#include "core/time.h"
#include "system/loop.h"

namespace voip {

class Child {
 public:
  using Finished = std::function<void(CommandResult)>;

  explicit Child(Loop& loop) : loop_(loop) {}
  ~Child() { abandon(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Only while nothing is running. `finished` is never called from within; a program that cannot be started is told as its
  // result. `time_limit` counts from now; what does not end on SIGTERM then gets SIGKILL half a second later.
  void start(const Command& command, Duration time_limit, Finished finished);
  [[nodiscard]] bool is_running() const { return static_cast<bool>(finished_); }
  // Ends the program and its group at once; no answer will come. Harmless when nothing runs.
  void abandon();

 private:
  enum class Stage : std::uint8_t { running, asked_to_end, killed };

  Status spawn(const Command& command);
  void finish(CommandResult result);
  void read_output(std::size_t most);
  void keep(std::string_view text);
  void run_out_of_time();
  void take_exit();
  void signal_group(int signal) const;
  void stop_reading();
  void arm(Duration after);
  [[nodiscard]] std::string output() const;

  Loop& loop_;
  Finished finished_;
  Stage stage_ = Stage::running;
  pid_t pid_ = -1;  // of the leader, until it is reaped
  UniqueFd exit_;   // its pidfd
  UniqueFd output_;
  bool says_json_ = false;
  std::string head_;
  std::string tail_;  // the end of an output that is too long for head_: it mostly says why
  bool is_cut_ = false;
  Loop::TimerId timer_ = 0;
};

}  // namespace voip
