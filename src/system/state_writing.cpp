#include "system/state_writing.h"

#include <sys/eventfd.h>

#include <system_error>
#include <thread>
#include <utility>

#include "system/state_file.h"

namespace voip {

StateWriting::StateWriting(const std::string& directory, const char* name, std::string text)
    : StateWriting([directory, name, text = std::move(text)] { return write_state_file(directory, name, text); }) {}

StateWriting::StateWriting(std::function<Status()> write) : ended_(std::make_shared<UniqueFd>(eventfd(0, EFD_CLOEXEC))) {
  std::packaged_task<Status()> task(std::move(write));
  status_ = task.get_future();
  try {
    std::thread([task = std::move(task), ended = ended_]() mutable {
      task();
      eventfd_write(ended->get(), 1);
    }).detach();
  } catch (const std::system_error& error) {
    failure_ = std::string("start a thread: ") + error.what();
    eventfd_write(ended_->get(), 1);
  }
}

Status StateWriting::status(Duration limit) {
  if (!failure_.empty()) {
    return Error{failure_};
  }
  return status_.wait_for(limit) == std::future_status::ready ? status_.get() : Status(Error{"the disk takes too long"});
}

}  // namespace voip
