// A recording: read, and replayed with its own settings and with the defaults.
#include "commands/recording/replay.h"
#include "fuzz/fuzz.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto recording = parse_recording(fuzz::text_of(data, size), "fuzz");
  if (!recording) {
    fuzz::hold(!recording.error().empty(), "what is refused has words");
    return 0;
  }
  // Each millisecond of a replay is work; a target that times it would test the machine.
  if (recording->steps.empty() || recording->steps.back().time > 10min || recording->settings.monitor.max_watched_flows > 1024) {
    return 0;
  }
  const auto sink = [](const ReplayEvent& event) { fuzz::hold(!to_json(event, "fuzz").empty(), "an event can be told"); };
  replay(*recording, {.settings = {}, .tells_opinions = true}, sink);
  replay(*recording, {.settings = Settings{}, .tells_opinions = true}, sink);
  return 0;
}
