#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/regular_file.h"
#include "ports/calls/calls.h"
#include "system/loop.h"
#include "system/state_file.h"
#include "system/state_writer.h"
#include "system/token_bucket.h"

namespace voip {
namespace {

constexpr const char* file_name = "calls";
constexpr std::size_t largest_file = std::size_t{1024} * 1024;
constexpr Duration write_pause = 10s;  // in the long run, for the sake of flash memory
constexpr std::int64_t bunch = 10;     // so many may follow each other at once after a rest

Status keep(const std::string& directory, const std::string& lines, std::size_t most) {
  if (Status appended = append_to_state_file(directory, file_name, lines, largest_file); !appended) {
    return appended;
  }
  const auto text = read_state_file(directory, file_name, largest_file + lines.size() + 1);
  if (const auto shorter = text && *text ? compacted(**text, most) : std::nullopt) {
    // The lines are there: where this fails it is tried with the next ones.
    static_cast<void>(write_state_file(directory, file_name, *shorter));
  }
  return {};
}

class CallFile : public Port {
 public:
  CallFile(const NodeSettings& settings, Duration retry)
      : directory_(settings.state_dir), most_(settings.keep_calls), retry_(retry) {}
  ~CallFile() override { forget_timer(); }

  Status open(Loop& loop) override {
    loop_ = &loop;
    writer_.open(loop);
    if (most_ == 0) {
      if (const Status removed = remove_state_file(directory_, file_name); !removed) {
        log_warning("calls that were kept are still there: " + removed.error());
      }
    }
    return {};
  }

  void perform(const Action& action) override {
    if (most_ == 0) {
      return;
    }
    if (const auto* ended = std::get_if<CallEnded>(&action); ended != nullptr && !ended->call.was_none) {
      add(ended->call, false);
    } else if (const auto* cut = std::get_if<CallCut>(&action)) {
      add(cut->call, true);
    }
  }

  void close() override {
    is_closing_ = true;
    forget_timer();
    if (writer_.finish() && !waiting_.empty()) {
      write();
      writer_.finish();
    }
  }

 private:
  void add(const Call& call, bool is_cut) {
    const auto began = loop_->wall(call.started).time_since_epoch();
    waiting_.push_back(to_line(kept_call(call, std::chrono::duration_cast<std::chrono::seconds>(began).count(), is_cut)));
    forget_oldest();
    write_soon();
  }

  void forget_oldest() {
    if (waiting_.size() > most_) {
      waiting_.erase(waiting_.begin(), waiting_.end() - static_cast<std::ptrdiff_t>(most_));
    }
  }

  void write_soon() {
    if (writer_.is_writing() || is_closing_) {
      return;
    }
    if (bucket_.take(loop_->now())) {
      forget_timer();
      write();
    } else if (!timer_) {
      write_after(write_pause);
    }
  }

  void write_after(Duration pause) {
    timer_ = loop_->call_at(loop_->now() + pause, [this] {
      timer_.reset();
      if (!waiting_.empty()) {
        write();
      }
    });
  }

  void forget_timer() {
    if (timer_) {
      loop_->cancel(*std::exchange(timer_, std::nullopt));
    }
  }

  void write() {
    being_written_ = std::exchange(waiting_, {});
    std::string lines;
    for (const std::string& line : being_written_) {
      lines += line;
    }
    writer_.start([directory = directory_, lines = std::move(lines), most = most_] { return keep(directory, lines, most); });
  }

  // What was not written is tried again until it is, and at the end.
  void has_ended(bool is_written) {
    if (is_written) {
      if (!waiting_.empty()) {
        write_soon();
      }
      return;
    }
    waiting_.insert(waiting_.begin(), being_written_.begin(), being_written_.end());
    forget_oldest();
    if (!is_closing_) {
      write_after(retry_);
    }
  }

  const std::string directory_;
  const std::size_t most_;
  const Duration retry_;
  Loop* loop_ = nullptr;
  std::vector<std::string> waiting_;
  std::vector<std::string> being_written_;
  std::optional<Loop::TimerId> timer_;
  TokenBucket bucket_{write_pause, bunch};
  bool is_closing_ = false;
  StateWriter writer_{{"calls are not kept for the report", "calls are kept for the report again"},
                      [this](bool is_written) { has_ended(is_written); }};
};

}  // namespace

std::unique_ptr<Port> make_call_file(const Settings& settings, Duration retry) {
  return std::make_unique<CallFile>(settings.node, retry);
}

// Whoever may read it may look: it decides nothing. So it may belong to the user of a service that is not ours.
Result<KeptCallsRead> read_kept_calls(const std::string& state_dir) {
  const std::string path = state_dir + "/" + file_name;
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return KeptCallsRead{};
  }
  const auto file = open_regular_file(path, O_RDONLY | O_NOFOLLOW);
  if (!file) {
    return Error{"read " + path + ": " + file.error()};
  }
  const auto text = read_text(*file, 2 * largest_file);
  return text ? Result<KeptCallsRead>(parse_kept_calls(*text)) : Error{"read " + path + ": " + text.error()};
}

}  // namespace voip
