#include "ports/line/line_file.h"

#include <utility>

#include "base/log.h"
#include "ports/line/line.h"
#include "system/state_file.h"

namespace voip {
namespace {

constexpr const char* file_name = "line";
constexpr Duration write_pause = 10min;  // for the sake of flash memory

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

std::string LineFile::open(Loop& loop) {
  loop_ = &loop;
  writer_.open(loop);
  if (directory_.empty()) {
    return {};
  }
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
  writer_.finish();
  write();
  writer_.finish();
}

void LineFile::write() {
  const bool is_known = known_.line.up.kbit || known_.line.down.kbit;
  if (directory_.empty() || writer_.is_writing() || known_.device.empty() || !is_known || is_kept(in_file_, known_)) {
    return;
  }
  written_at_ = loop_->now();
  in_file_ = known_;
  writer_.start(
      [directory = directory_, text = to_text(known_, moment(*loop_))] { return write_state_file(directory, file_name, text); });
}

// What was not written is news still, whenever it is told again, and at the end.
void LineFile::has_ended(bool is_written) {
  if (!is_written) {
    in_file_ = {};
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
