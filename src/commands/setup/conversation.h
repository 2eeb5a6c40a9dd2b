// How setup talks to somebody: on a terminal, or, with --yes, to nobody who always answers by Enter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voip {

class Conversation {
 public:
  Conversation() = default;
  virtual ~Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Broken into lines as wide as the terminal; an empty text is an empty line.
  virtual void say(std::string_view text) = 0;
  // A line without its end and the blanks around it. Nothing: the input has ended, or somebody wants to end it all.
  virtual std::optional<std::string> ask(std::string_view prompt) = 0;
  // The same without echo.
  virtual std::optional<std::string> ask_secretly(std::string_view prompt) = 0;
};

}  // namespace voip
