// A terminal that is drawn on: its other screen, no echo, no cursor, and all as it was afterwards, however we leave.
//
// A dozen escape sequences that every terminal of the last thirty years knows (ECMA-48, and xterm's other screen) do what is
// needed here; ncurses with its terminal descriptions would be several times the size of what uses it, on routers that often have
// neither.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "terminal/styled_line.h"

namespace voip {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// One frame as the terminal wants it: from the top left on, each line over the one that was there, the rest of the window empty.
// Pure.
std::string frame_text(const std::vector<Line>& lines, ScreenSize size, Colour colour);

class Terminal {
 public:
  Terminal() = default;
  ~Terminal() { leave(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Whether standard output is a terminal that can be drawn on.
  static bool is_there();

  Status enter();  // again after leave(), too
  void leave();

  [[nodiscard]] ScreenSize size() const;

  // A terminal that takes nothing (Ctrl-S, a slow line) is never waited for: what it has not taken is kept, and while there is
  // some the next frame is not worth making.
  void show(std::string_view frame);
  [[nodiscard]] bool is_busy() const { return !unwritten_.empty(); }
  [[nodiscard]] int output() const { return output_.get(); }
  bool flush();  // false: the terminal has gone

 private:
  UniqueFd output_;  // our own way to it: what is set here is not set for the shell
  std::optional<termios> before_;
  std::string unwritten_;
  bool is_entered_ = false;
};

}  // namespace voip
