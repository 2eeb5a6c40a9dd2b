// Writes into the state directory beside the loop, since flash may take longer than a call may wait. One failure costs one log
// line. Whoever goes away lets what is being written go on without a word.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "core/time.h"
#include "system/loop.h"

namespace voip {

class StateWriter {
 public:
  // What is said once when a writing fails, and when one succeeds after that, where that is no null. They live as long as the
  // program.
  struct Words {
    const char* failed;
    const char* again;
  };
  // Hears of the end of each writing, and may start the next one.
  using Ended = std::function<void(bool is_written)>;

  StateWriter(Words words, Ended ended);
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  // Before the first writing.
  void open(Loop& loop) { loop_ = &loop; }
  // `write` runs on a thread of its own, with all that it needs. One at a time.
  void start(std::function<Status()> write);
  [[nodiscard]] bool is_writing() const { return task_ != nullptr; }
  // Waits some seconds for what is being written, if anything is. What takes longer has failed. False: it may come to its end
  // yet.
  bool finish();

 private:
  struct Task;
  bool end(Duration limit);

  const Words words_;
  const Ended ended_;
  Loop* loop_ = nullptr;
  std::shared_ptr<Task> task_;
  bool has_failed_ = false;
};

}  // namespace voip
