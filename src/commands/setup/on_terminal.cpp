#include "commands/setup/on_terminal.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <optional>

#include "terminal/input.h"
#include "terminal/output.h"
#include "terminal/wrapped.h"

namespace voip {
namespace {

constexpr Duration patience = 24h;
constexpr std::size_t longest_line = 4096;

// One line of standard input at a time; the terminal's own editing makes it.
class TypedLines {
 public:
  explicit TypedLines(CommandLoop& commands) : commands_(commands) {}

  // Nothing: the input has ended, or Ctrl-C.
  std::optional<std::string> next() {
    if (!commands_.loop().watch(STDIN_FILENO, EPOLLIN, [this](std::uint32_t) { take(); })) {
      return std::nullopt;
    }
    commands_.wait_until([this] { return has_ended_ || text_.find('\n') != std::string::npos; }, patience);
    commands_.loop().unwatch(STDIN_FILENO);
    const std::size_t end = text_.find('\n');
    if (commands_.is_interrupted() || end == std::string::npos) {
      return std::nullopt;
    }
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

 private:
  void take() {
    std::array<char, 1024> buffer{};
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count > 0 && text_.size() < longest_line) {
      text_.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) {
      has_ended_ = true;
    }
  }

  CommandLoop& commands_;
  std::string text_;
  bool has_ended_ = false;
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

void print_wrapped(std::string_view text) {
  print(text.empty() ? "\n" : wrapped(text, columns_of_output()));
}

class OnTerminal final : public Conversation {
 public:
  explicit OnTerminal(CommandLoop& commands) : commands_(commands), lines_(commands) {}

  void say(std::string_view text) override { print_wrapped(text); }

  std::optional<std::string> ask(std::string_view prompt) override {
    if (commands_.is_interrupted()) {
      return std::nullopt;
    }
    print(prompt);
    const auto line = lines_.next();
    return line ? std::optional(trimmed(*line)) : std::nullopt;
  }

  std::optional<std::string> ask_secretly(std::string_view prompt) override {
    if (commands_.is_interrupted()) {
      return std::nullopt;
    }
    const HiddenInput hidden;
    print(prompt);
    return lines_.next();
  }

 private:
  CommandLoop& commands_;
  TypedLines lines_;
};

class ToNobody final : public Conversation {
 public:
  explicit ToNobody(CommandLoop& commands) : commands_(commands) {}

  void say(std::string_view text) override { print_wrapped(text); }

  std::optional<std::string> ask(std::string_view prompt) override {
    if (commands_.is_interrupted()) {
      return std::nullopt;
    }
    print(std::string(prompt) + "\n");
    return "";
  }

  std::optional<std::string> ask_secretly(std::string_view prompt) override { return ask(prompt); }

 private:
  CommandLoop& commands_;
};

}  // namespace

std::unique_ptr<Conversation> talk_on_terminal(CommandLoop& commands) {
  return std::make_unique<OnTerminal>(commands);
}

std::unique_ptr<Conversation> talk_to_nobody(CommandLoop& commands) {
  return std::make_unique<ToNobody>(commands);
}

bool wait_for_enter(CommandLoop& commands, Duration limit, const std::function<void(const Event&)>& take) {
  bool was_pressed = false;
  bool has_ended = false;
  const auto hear = [&](std::uint32_t) {
    std::array<char, 256> buffer{};
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    was_pressed = was_pressed || count > 0;
    has_ended = has_ended || count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
  };
  if (!commands.loop().watch(STDIN_FILENO, EPOLLIN, hear)) {
    return false;
  }
  commands.wait_until([&] { return was_pressed || has_ended; }, limit, take);
  commands.loop().unwatch(STDIN_FILENO);
  return !has_ended && !commands.is_interrupted();
}

}  // namespace voip
