// A timeline (ctflow1): read, and replayed.
#include "commands/recording/replay.h"
#include "commands/recording/timeline.h"
#include "fuzz/fuzz.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto timeline = parse_timeline(fuzz::text_of(data, size), "fuzz");
  if (!timeline) {
    fuzz::hold(!timeline.error().empty(), "what is refused has words");
    return 0;
  }
  fuzz::hold(timeline->length <= longest_recording + timeline->bucket_length, "a timeline is bound by time");
  if (timeline->length <= 10min) {
    replay(*timeline, {.settings = {}, .tells_opinions = true},
           [](const ReplayEvent& event) { fuzz::hold(!to_json(event, "fuzz").empty(), "an event can be told"); });
  }
  return 0;
}
