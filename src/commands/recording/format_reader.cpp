#include <utility>

#include "commands/recording/format.h"
#include "commands/recording/format_line.h"
#include "commands/recording/format_settings.h"
#include "system/json.h"

namespace voip {
namespace {

constexpr std::uint64_t longest_ms = longest_recording.count();
constexpr std::string_view format = "voip-record1";

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_true(const Json& object, const char* key) {
  return object.value(key, Json()) == true;
}

std::optional<Sight> parse_sight(std::string_view word) {
  for (const Sight sight : {Sight::ok, Sight::limited, Sight::blind}) {
    if (word == to_string(sight)) {
      return sight;
    }
  }
  return std::nullopt;
}

// Takes the lines one after the other. Each function returns what is wrong, or nothing.
class RecordingReader {
 public:
  std::string take(const Json& object) {
    if (!has_head_) {
      has_head_ = true;
      return take_head(object);
    }
    if (object.contains("decision")) {
      return take_decision(object);
    }
    return object.contains("flow") ? take_flow(object) : take_step(object);
  }

  [[nodiscard]] bool has_head() const { return has_head_; }
  void mark(const MarkedCall& call) { recording_.calls.push_back(call); }
  Recording result() { return std::move(recording_); }

 private:
  struct Flow {
    FlowKey key;
    std::uint32_t conntrack_id = 0;
  };

  std::string take_head(const Json& object) {
    if (text(object, "fmt") != format) {
      return "not a recording of this version: the first line must have \"fmt\":\"" + std::string(format) + "\"";
    }
    const auto began = whole_number(object, "began_ms", std::uint64_t{1} << 50U);
    if (!began) {
      return R"("began_ms" must be a whole number)";
    }
    recording_.id = text(object, "id");
    recording_.began = Instant(Duration(static_cast<std::int64_t>(*began)));
    recording_.hides_lan = text(object, "masked") == "all";
    return read_recorded_settings(object.value("settings", Json()), recording_.settings);
  }

  std::string take_flow(const Json& object) {
    if (whole_number(object, "flow", UINT32_MAX) != flows_.size()) {
      return "\"flow\" must be " + std::to_string(flows_.size()) + ": flows are numbered in order";
    }
    const auto key = object.find("key");
    if (key != object.end() && key->is_array() && key->size() == 5) {
      const auto protocol = whole_number((*key)[0], UINT8_MAX);
      const auto client = endpoint_of((*key)[1], (*key)[2]);
      const auto server = endpoint_of((*key)[3], (*key)[4]);
      if (protocol && client && server) {
        flows_.push_back({{*client, *server, static_cast<std::uint8_t>(*protocol)}, 0});
        return "";
      }
    }
    return R"("key" must be [protocol, address, port, address, port])";
  }

  std::string take_decision(const Json& object) {
    const std::string what = text(object, "decision");
    const auto at = whole_number(object, "at", longest_ms);
    const Flow* flow = flow_of(object, "of");
    if ((what != "call_start" && what != "call_end") || !at || flow == nullptr) {
      return "not a decision that is known";
    }
    recording_.decisions.push_back({Duration(static_cast<std::int64_t>(*at)), what == "call_start", flow->key,
                                    text(object, "device"), text(object, "reason")});
    return "";
  }

  std::string take_step(const Json& object) {
    const auto at = whole_number(object, "t", longest_ms);
    if (!at) {
      return R"("t" must be the time in milliseconds, at most 31 days)";
    }
    const Duration time(static_cast<std::int64_t>(*at));
    if (!recording_.steps.empty() && time < recording_.steps.back().time) {
      return R"("t" goes back)";
    }
    const auto read_at = object.contains("at") ? whole_number(object, "at", *at) : at;
    if (!read_at) {
      return R"("at" must be a time in milliseconds that is not later than "t")";
    }
    read_at_ = recording_.began + Duration(static_cast<std::int64_t>(*read_at));
    Event event = DeadlineReached{};
    std::string problem = take_event(object, event);
    if (problem.empty()) {
      recording_.steps.push_back({time, std::move(event)});
    }
    return problem;
  }

  std::string take_event(const Json& object, Event& event) {
    const auto id = static_cast<std::uint32_t>(whole_number(object, "id", UINT32_MAX).value_or(0));
    if (object.contains("born") || object.contains("gone")) {
      const bool is_born = object.contains("born");
      Flow* flow = flow_of(object, is_born ? "born" : "gone");
      if (flow == nullptr) {
        return "a flow that was not introduced";
      }
      if (is_born) {
        flow->conntrack_id = id;
        event = FlowBorn{read_at_,
                         flow->key,
                         id,
                         0,
                         is_true(object, "expected"),
                         is_true(object, "fresh"),
                         whole_number(object, "packets", UINT64_MAX)};
      } else {
        event = FlowGone{flow->key, id};
      }
    } else if (object.contains("read")) {
      return take_reading(object["read"], event);
    } else if (object.contains("lost")) {
      event = FlowsLost{};
    } else if (object.contains("sight")) {
      const auto sight = parse_sight(text(object, "sight"));
      if (!sight) {
        return R"("sight" must be ok, limited or blind)";
      }
      event = SightChanged{*sight, text(object, "why")};
    } else if (object.contains("found") || object.contains("left")) {
      const auto address = IpAddress::parse(text(object, object.contains("found") ? "found" : "left"));
      const auto device = whole_number(object, "device", UINT32_MAX);
      if (!address || (object.contains("found") && !(device && *device < recording_.settings.devices.size()))) {
        return "not an address, or not one of the devices";
      }
      event = object.contains("found") ? Event(DeviceFound{static_cast<std::size_t>(*device), *address})
                                       : Event(DeviceLost{*address});
    } else if (object.contains("sampled")) {
      LineSampled sample{};
      sample.at = read_at_;
      std::string problem = read_recorded_sample(object["sampled"], sample);
      event = std::move(sample);
      return problem;
    } else if (object.contains("stirred")) {
      event = LineStirred{};
    } else if (object.contains("unseen")) {
      event = LineSightChanged{text(object, "unseen")};
    } else if (object.contains("replaced")) {
      event = LineReplaced{};
    } else if (object.size() != 1) {
      return "a step of a kind that is not known";
    }
    return "";
  }

  std::string take_reading(const Json& list, Event& event) {
    std::vector<FlowSample> samples;
    for (const Json& one : list) {
      Flow* const flow = one.is_array() && one.size() >= 5 ? flow_at(whole_number(one[0], UINT32_MAX)) : nullptr;
      if (flow == nullptr) {
        return R"("read" must be a list of [flow, up packets, bytes, down packets, bytes], the flow introduced before)";
      }
      FlowSample sample{.key = flow->key, .conntrack_id = 0, .up = {}, .down = {}};
      if (!take_counters(one[1], one[2], sample.up) || !take_counters(one[3], one[4], sample.down)) {
        return R"("read" has something that is no counter)";
      }
      if (one.size() > 5) {
        flow->conntrack_id = static_cast<std::uint32_t>(whole_number(one[5], UINT32_MAX).value_or(0));
      }
      sample.conntrack_id = flow->conntrack_id;
      const auto flags = one.size() > 6 ? whole_number(one[6], 3).value_or(0) : 0;
      sample.is_offloaded = (flags & 1U) != 0;
      sample.is_hw_offloaded = (flags & 2U) != 0;
      samples.push_back(sample);
    }
    recording_.readings.push_back(std::move(samples));
    event = CountersRead{read_at_, recording_.readings.back()};
    return "";
  }

  static bool take_counters(const Json& packets, const Json& bytes, std::optional<Counters>& counters) {
    if (packets.is_null() && bytes.is_null()) {
      return true;
    }
    const auto counted = whole_number(packets, most_counted);
    const auto size = whole_number(bytes, most_counted);
    if (counted && size) {
      counters = Counters{*counted, *size};
    }
    return counters.has_value();
  }

  Flow* flow_of(const Json& object, const char* key) { return flow_at(whole_number(object, key, UINT32_MAX)); }
  Flow* flow_at(std::optional<std::uint64_t> which) {
    return which && *which < flows_.size() ? &flows_[static_cast<std::size_t>(*which)] : nullptr;
  }

  Recording recording_;
  Instant read_at_{};  // of the present step
  std::vector<Flow> flows_;
  bool has_head_ = false;
};

}  // namespace

bool is_recording(std::string_view text) {
  return text.substr(0, text.find('\n')).find(R"("fmt":"voip-record)") != std::string_view::npos;
}

Result<Recording> parse_recording(std::string_view text, std::string_view name) {
  RecordingReader reader;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    ++line_number;
    const std::size_t end = text.find('\n', begin);
    const std::string_view line = text.substr(begin, end == std::string_view::npos ? end : end - begin);
    begin = end == std::string_view::npos ? text.size() : end + 1;
    std::string problem;
    if (const auto comment = parse_comment(line)) {
      if (comment->call) {
        reader.mark(*comment->call);
      }
      problem = comment->is_wrong ? "a marked call must be \"# call START END\", in seconds" : "";
    } else if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      const Json object = parse_json(line);
      if (object.is_discarded() && end == std::string_view::npos && reader.has_head()) {
        break;  // cut off while it was written
      }
      problem = object.is_object() ? reader.take(object) : "not a JSON object";
    }
    if (!problem.empty()) {
      return Error{"read recording " + std::string(name) + ", line " + std::to_string(line_number) + ": " + problem};
    }
  }
  if (!reader.has_head()) {
    return Error{"read recording " + std::string(name) + ": empty"};
  }
  return reader.result();
}

}  // namespace voip
