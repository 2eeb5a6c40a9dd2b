#include "terminal/screen.h"
#include "base/system_error.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace voip {
namespace {

// The other screen, no cursor, and lines that are too long after all stay within the window.
constexpr std::string_view begin = "\033[?1049h\033[?25l\033[?7l\033[2J";
constexpr std::string_view end = "\033[0m\033[?7h\033[?25h\033[?1049l";
constexpr int patience_ms = 500;  // for a terminal that takes nothing when we leave it

}  // namespace

std::string frame_text(const std::vector<Line>& lines, ScreenSize size, Colour colour) {
  std::string text = "\033[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += i > 0 ? "\r\n" : "";
    text += to_text(lines[i], colour);
    // Not behind the last column: the cursor stays upon it, and it would be erased.
    text += columns(lines[i]) < size.columns ? "\033[K" : "";
  }
  if (lines.size() < size.rows) {
    text += "\033[J";
  }
  return text;
}

bool Terminal::is_there() {
  const char* kind = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): one thread
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' && std::strcmp(kind, "dumb") != 0;
}

Status Terminal::enter() {
  if (!output_) {
    output_.reset(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!output_) {
      // After su(1) the terminal belongs to somebody else: then as the shell gave it to us, and it may have to be waited for.
      output_.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    }
    if (!output_) {
      return system_error("open the terminal");
    }
  }
  termios settings{};
  if (::tcgetattr(STDIN_FILENO, &settings) == 0) {
    if (!before_) {
      before_ = settings;
    }
    settings = *before_;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  }
  is_entered_ = true;
  unwritten_ = begin;
  flush();
  return {};
}

void Terminal::leave() {
  if (!is_entered_) {
    return;
  }
  is_entered_ = false;
  // Half a frame is of no use any more, half an escape sequence is ended by the next one.
  unwritten_ = end;
  while (flush() && is_busy()) {
    pollfd writable{output_.get(), POLLOUT, 0};
    if (::poll(&writable, 1, patience_ms) <= 0) {
      break;
    }
  }
  unwritten_.clear();
  if (before_) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  }
}

ScreenSize Terminal::size() const {
  winsize window{};
  if (::ioctl(output_.get(), TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) {
    return {};
  }
  return {window.ws_col, window.ws_row};
}

void Terminal::show(std::string_view frame) {
  unwritten_ += frame;
  flush();
}

bool Terminal::flush() {
  while (!unwritten_.empty()) {
    const ssize_t count = ::write(output_.get(), unwritten_.data(), unwritten_.size());
    if (count > 0) {
      unwritten_.erase(0, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      const bool is_full = errno == EAGAIN;
      if (!is_full) {
        unwritten_.clear();
      }
      return is_full;
    }
  }
  return true;
}

}  // namespace voip
