#include "commands/recording/recorder.h"

#include <utility>

#include "detectors/detectors.h"

namespace voip {

Recorder::Recorder(const Settings& settings, std::string id, Instant began, const RecordingPrivacy& privacy,
                   std::function<void(std::string_view)> write)
    : engine_(settings, find_detector(settings.detector.use)->make(settings), {.switches = false, .drains = false}),
      writer_(settings, std::move(id), began, privacy),
      write_(std::move(write)) {
  write_(writer_.head());
}

const std::vector<Action>& Recorder::step(Instant now, const Event& event) {
  write_(writer_.step(now, event));
  const std::vector<Action>& actions = engine_.step(now, event);
  for (const Action& action : actions) {
    if (const std::string line = writer_.decision(now, action); !line.empty()) {
      write_(line);
      calls_ += std::holds_alternative<CallStarted>(action) ? 1U : 0U;
    }
  }
  return actions;
}

}  // namespace voip
