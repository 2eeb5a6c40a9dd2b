// Standard input, as far as somebody types on it, and how wide the terminal is on which it is read.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>

namespace voip {

bool is_input_a_terminal();

// Of standard output; 80 where it is no terminal, or does not know.
std::size_t columns_of_output();

// While it lives, what is typed is not shown. Afterwards all is as it was.
class HiddenInput {
 public:
  HiddenInput();
  ~HiddenInput();
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  std::optional<termios> before_;
};

}  // namespace voip
