#include "terminal/input.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace voip {
namespace {

constexpr std::size_t usual_columns = 80;

}  // namespace

bool is_input_a_terminal() {
  return ::isatty(STDIN_FILENO) == 1;
}

std::size_t columns_of_output() {
  winsize window{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : usual_columns;
}

HiddenInput::HiddenInput() {
  termios settings{};
  if (::tcgetattr(STDIN_FILENO, &settings) == 0) {
    before_ = settings;
    settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    settings.c_lflag |= ECHONL;
    // What was typed too early is no password.
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings);
  }
}

HiddenInput::~HiddenInput() {
  if (before_) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  }
}

}  // namespace voip
