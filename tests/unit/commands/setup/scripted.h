// A conversation in which the answers are known beforehand.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "commands/setup/conversation.h"

namespace voip {

class Scripted final : public Conversation {
 public:
  // After the last answer the input has ended.
  explicit Scripted(std::deque<std::string> answers) : answers_(std::move(answers)) {}

  void say(std::string_view text) override { said += std::string(text) + "\n"; }
  std::optional<std::string> ask(std::string_view prompt) override {
    said += std::string(prompt) + "\n";
    if (answers_.empty()) {
      return std::nullopt;
    }
    std::string answer = answers_.front();
    answers_.pop_front();
    return answer;
  }
  std::optional<std::string> ask_secretly(std::string_view prompt) override { return ask(prompt); }

  [[nodiscard]] bool has_said(std::string_view text) const { return said.find(text) != std::string::npos; }
  [[nodiscard]] std::size_t unused() const { return answers_.size(); }

  std::string said;

 private:
  std::deque<std::string> answers_;
};

}  // namespace voip
