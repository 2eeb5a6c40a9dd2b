#include "system/state_writer.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr Duration patience = 5s;  // with the disk

}  // namespace

// Shared by the loop and the thread, each of which may go first.
struct StateWriter::Task {
  std::function<Status()> write;
  Status status;  // the thread's, until it has ended
  std::atomic<bool> has_ended{false};
  UniqueFd ended{eventfd(0, EFD_CLOEXEC)};  // readable when it has

  void end(Status with) {
    status = std::move(with);
    has_ended.store(true, std::memory_order_release);
    eventfd_write(ended.get(), 1);
  }
};

StateWriter::StateWriter(Words words, Ended ended) : words_(words), ended_(std::move(ended)) {}

StateWriter::~StateWriter() {
  if (task_) {
    loop_->unwatch(task_->ended.get());
  }
}

void StateWriter::start(std::function<Status()> write) {
  task_ = std::make_shared<Task>();
  task_->write = std::move(write);
  try {
    std::thread([task = task_] { task->end(task->write()); }).detach();
  } catch (const std::system_error& error) {
    task_->end(Error{std::string("start a thread: ") + error.what()});
  }
  if (const Status watched = loop_->watch(task_->ended.get(), EPOLLIN, [this](std::uint32_t) { end(0ms); }); !watched) {
    finish();
  }
}

bool StateWriter::finish() {
  return end(patience);
}

bool StateWriter::end(Duration limit) {
  if (!task_) {
    return true;
  }
  const auto task = std::exchange(task_, nullptr);
  loop_->unwatch(task->ended.get());
  pollfd ended{task->ended.get(), POLLIN, 0};
  const auto limit_ms = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count());
  while (poll(&ended, 1, limit_ms) < 0 && errno == EINTR) {
  }
  const bool has_ended = task->has_ended.load(std::memory_order_acquire);
  const Status status = has_ended ? task->status : Status(Error{"the disk takes too long"});
  if (!status && !std::exchange(has_failed_, true)) {
    log_warning(std::string(words_.failed) + ": " + status.error());
  } else if (status && std::exchange(has_failed_, false) && words_.again != nullptr) {
    log_info(words_.again);
  }
  ended_(status.ok());
  return has_ended;
}

}  // namespace voip
