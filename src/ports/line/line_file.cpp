#include "ports/line/line_file.h"

#include <sys/epoll.h>

#include <utility>

#include "base/log.h"
#include "ports/line/line.h"
#include "system/state_file.h"

namespace voip {
namespace {

constexpr const char* file_name = "line";
constexpr Duration write_pause = 10min;  // for the sake of flash memory
constexpr Duration farewell_limit = 5s;  // for the disk, at the end

LineMoment moment(const Loop& loop) {
  return {loop.now(), loop.wall(loop.now())};
}

// Empty: there is no file. An error where it is none of ours.
Result<std::optional<KeptLine>> read_kept(const std::string& directory, const LineMoment& now) {
  const auto text = read_state_file(directory, file_name);
  if (!text) {
    return Error{text.error()};
  }
  if (!*text) {
    return std::optional<KeptLine>();
  }
  auto kept = parse_kept_line(**text, now);
  return kept ? Result<std::optional<KeptLine>>(std::move(kept))
              : Error{directory + "/" + file_name + " is not what was written"};
}

}  // namespace

LineFile::~LineFile() {
  if (writing_) {
    loop_->unwatch(writing_->ended_fd());
  }
}

std::string LineFile::open(Loop& loop) {
  loop_ = &loop;
  if (auto kept = read_kept(directory_, moment(loop)); kept && *kept) {
    in_file_ = std::move(**kept);
  }
  return in_file_.device;
}

void LineFile::keep(const KeptLine& known) {
  known_ = known;
  if (!written_at_ || loop_->now() - *written_at_ >= write_pause) {
    write();
  }
}

void LineFile::close() {
  if (loop_ == nullptr) {
    return;
  }
  if (writing_) {
    end_writing(farewell_limit);
  }
  write();
  if (writing_) {
    end_writing(farewell_limit);
  }
}

void LineFile::write() {
  const bool is_known = known_.line.up.kbit || known_.line.down.kbit;
  if (writing_ || known_.device.empty() || !is_known || is_kept(in_file_, known_)) {
    return;
  }
  written_at_ = loop_->now();
  in_file_ = known_;
  writing_.emplace(directory_, file_name, to_text(known_, moment(*loop_)));
  if (const Status watched = loop_->watch(writing_->ended_fd(), EPOLLIN, [this](std::uint32_t) { end_writing(0ms); }); !watched) {
    end_writing(farewell_limit);
  }
}

void LineFile::end_writing(Duration limit) {
  loop_->unwatch(writing_->ended_fd());
  const Status written = writing_->status(limit);
  writing_.reset();
  if (!written && !std::exchange(has_failed_, true)) {
    log_warning("what is known of the line is not kept over a restart: " + written.error());
  }
}

LineState read_line(const Settings& settings, const Loop& loop) {
  const auto kept = read_kept(settings.node.state_dir, moment(loop));
  if (!kept) {
    log_warning("what was known of the line is forgotten: " + kept.error());
    return {};
  }
  return *kept ? (*kept)->line : LineState{};
}

}  // namespace voip
