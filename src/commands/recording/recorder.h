// An engine that watches and switches nothing, and writes down each step before it takes it. What it decides is written too, so
// that a replay can be compared. Pure: the text goes to a function.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/recording/format.h"
#include "core/engine/engine.h"
#include "core/settings.h"

namespace voip {

class Recorder {
 public:
  // `write` gets whole lines. The settings' actuator and policy are not asked: nothing is ever switched or marked.
  Recorder(const Settings& settings, std::string id, Instant began, const RecordingPrivacy& privacy,
           std::function<void(std::string_view)> write);

  // As Engine::step.
  const std::vector<Action>& step(Instant now, const Event& event);
  [[nodiscard]] std::optional<Instant> deadline() const { return engine_.deadline(); }
  [[nodiscard]] std::size_t calls() const { return calls_; }  // that began so far

 private:
  Engine engine_;
  RecordingWriter writer_;
  std::function<void(std::string_view)> write_;
  std::size_t calls_ = 0;
};

}  // namespace voip
