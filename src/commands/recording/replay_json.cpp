#include "commands/recording/replay.h"
#include "system/json.h"
#include "system/quality_json.h"

namespace voip {

std::string_view to_string(ReplayEvent::Kind kind) {
  switch (kind) {
    case ReplayEvent::Kind::call_start:
      return "call_start";
    case ReplayEvent::Kind::call_end:
      return "call_end";
    case ReplayEvent::Kind::call_bad:
      return "call_bad";
    case ReplayEvent::Kind::qos_on:
      return "qos_on";
    case ReplayEvent::Kind::qos_off:
      return "qos_off";
    case ReplayEvent::Kind::kind:
      return "kind";
    case ReplayEvent::Kind::opinion:
      break;
  }
  return "opinion";
}

std::string to_json(const ReplayEvent& event, std::string_view capture) {
  Json line;
  line["capture"] = capture;
  line["time_s"] = static_cast<double>(event.time.count()) / 1000;
  line["event"] = to_string(event.kind);
  if (event.flow == nullptr) {
    line["flow"] = nullptr;
    line["device"] = nullptr;
  } else {
    const Endpoint& source = event.flow->is_opened_outside ? event.flow->key.server : event.flow->key.client;
    const Endpoint& destination = event.flow->is_opened_outside ? event.flow->key.client : event.flow->key.server;
    line["flow"] = {source.address.to_string(), source.port, destination.address.to_string(), destination.port};
    line["device"] = event.device;
  }
  if (event.kind == ReplayEvent::Kind::opinion) {
    line["score"] = event.score;
    line["threshold"] = event.threshold;
  }
  line["reason"] = event.reason;
  if (event.quality) {
    line["quality"] = grade_json(*event.quality);
  }
  // Names come from a file: what is not UTF-8 is replaced, since throwing it back would end the run.
  return text_of(line);
}

}  // namespace voip
