#include <algorithm>
#include <utility>

#include "commands/recording/format.h"
#include "commands/recording/format_line.h"
#include "commands/recording/format_settings.h"
#include "system/quality_json.h"

namespace voip {
namespace {

constexpr std::size_t most_mentions = 65'536;  // then numbering begins anew: each flow is introduced again

void append_counters(const std::optional<Counters>& counters, std::string& line) {
  line += counters ? "," + std::to_string(counters->packets) + "," + std::to_string(counters->bytes) : ",null,null";
}

Settings as_written(Settings settings, const RecordingPrivacy& privacy, const AddressMask& mask) {
  std::size_t number = 0;
  for (DeviceSettings& device : settings.devices) {
    ++number;
    if (!privacy.masks_lan) {
      continue;
    }
    device.name = "device " + std::to_string(number);
    if (device.address) {
      device.address = mask(*device.address);
    }
  }
  return settings;
}

}  // namespace

RecordingWriter::RecordingWriter(const Settings& settings, std::string id, Instant began, const RecordingPrivacy& privacy)
    : settings_(as_written(settings, privacy, AddressMask(privacy.salt))),
      id_(std::move(id)),
      began_(began),
      privacy_(privacy),
      mask_(privacy.salt) {
  for (const DeviceSettings& device : settings.devices) {
    device_names_.push_back(device.name);
  }
}

std::string RecordingWriter::head() const {
  const char* masked = privacy_.masks_lan ? "all" : privacy_.masks_remote ? "remote" : "no";
  return R"({"fmt":"voip-record1","id":)" + json_text(id_) +
         ",\"began_ms\":" + std::to_string(began_.time_since_epoch().count()) + R"(,"masked":")" + masked +
         "\",\"settings\":" + recorded_settings(settings_) + "}\n";
}

std::string RecordingWriter::step(Instant now, const Event& event) {
  if (gone_) {
    mentions_.erase(*gone_);
    gone_.reset();
  }
  step_ = now;
  std::string introductions;
  std::string line = "{\"t\":" + since_began(now);
  write(event, introductions, line);
  return introductions + line + "}\n";
}

void RecordingWriter::write(const Event& event, std::string& text, std::string& line) {
  if (const auto* born = std::get_if<FlowBorn>(&event)) {
    Mention& flow = mention(born->key, text);
    flow.conntrack_id = born->conntrack_id;
    write_moment(born->at, line);
    line += ",\"born\":" + std::to_string(flow.number) + ",\"id\":" + std::to_string(born->conntrack_id);
    line += born->is_fresh ? ",\"fresh\":true" : "";
    line += born->is_expected ? ",\"expected\":true" : "";
    line += born->packets ? ",\"packets\":" + std::to_string(*born->packets) : "";
  } else if (const auto* read = std::get_if<CountersRead>(&event)) {
    write_moment(read->at, line);
    write_reading(*read, text, line);
  } else if (const auto* gone = std::get_if<FlowGone>(&event)) {
    line += ",\"gone\":" + std::to_string(mention(gone->key, text).number) + ",\"id\":" + std::to_string(gone->conntrack_id);
    gone_ = gone->key;
  } else if (std::holds_alternative<FlowsLost>(event)) {
    line += ",\"lost\":true";
  } else if (const auto* sight = std::get_if<SightChanged>(&event)) {
    line += ",\"sight\":\"" + std::string(to_string(sight->sight)) + "\",\"why\":" + json_text(sight->why);
  } else if (const auto* found = std::get_if<DeviceFound>(&event)) {
    line += ",\"found\":\"" + lan_address(found->address).to_string() + "\",\"device\":" + std::to_string(found->device);
  } else if (const auto* lost = std::get_if<DeviceLost>(&event)) {
    line += ",\"left\":\"" + lan_address(lost->address).to_string() + "\"";
  } else {
    write_line(event, line);
  }
}

void RecordingWriter::write_line(const Event& event, std::string& line) const {
  if (const auto* sampled = std::get_if<LineSampled>(&event)) {
    write_moment(sampled->at, line);
    const bool masks = privacy_.masks_remote || privacy_.masks_lan;
    line += ",\"sampled\":" + recorded_sample(*sampled, masks ? &mask_ : nullptr);
  } else if (std::holds_alternative<LineStirred>(event)) {
    line += ",\"stirred\":true";
  } else if (const auto* sight = std::get_if<LineSightChanged>(&event)) {
    line += ",\"unseen\":" + json_text(sight->blocker);
  } else if (std::holds_alternative<LineReplaced>(event)) {
    line += ",\"replaced\":true";
  }
}

void RecordingWriter::write_moment(Instant at, std::string& line) const {
  if (at != step_) {
    line += ",\"at\":" + since_began(at);
  }
}

void RecordingWriter::write_reading(const CountersRead& event, std::string& text, std::string& line) {
  line += ",\"read\":[";
  for (const FlowSample& sample : event.samples) {
    Mention& flow = mention(sample.key, text);
    line += (line.back() == '[' ? "[" : ",[") + std::to_string(flow.number);
    append_counters(sample.up, line);
    append_counters(sample.down, line);
    const unsigned flags = (sample.is_offloaded ? 1U : 0U) | (sample.is_hw_offloaded ? 2U : 0U);
    if (flow.conntrack_id != sample.conntrack_id || flags != 0) {
      flow.conntrack_id = sample.conntrack_id;
      line += "," + std::to_string(sample.conntrack_id);
      line += flags != 0 ? "," + std::to_string(flags) : "";
    }
    line += "]";
  }
  line += "]";
}

std::string RecordingWriter::decision(Instant now, const Action& action) {
  const auto* started = std::get_if<CallStarted>(&action);
  const auto* ended = std::get_if<CallEnded>(&action);
  if (started == nullptr && ended == nullptr) {
    return "";
  }
  const Call& call = started != nullptr ? started->call : ended->call;
  std::string text;
  const std::string number = std::to_string(mention(call.first_flow, text).number);
  return text + "{\"decision\":\"" + (started != nullptr ? "call_start" : "call_end") + "\",\"at\":" + since_began(now) +
         ",\"of\":" + number + ",\"device\":" + json_text(device_name(call)) + ",\"reason\":" + json_text(call.reason) +
         (ended != nullptr ? ",\"quality\":" + text_of(grade_json(call.quality)) : "") + "}\n";
}

RecordingWriter::Mention& RecordingWriter::mention(const FlowKey& key, std::string& text) {
  if (const auto found = mentions_.find(key); found != mentions_.end()) {
    return found->second;
  }
  if (mentions_.size() >= most_mentions) {
    mentions_.clear();
  }
  const IpAddress server = privacy_.masks_remote || privacy_.masks_lan ? mask_(key.server.address) : key.server.address;
  text += "{\"flow\":" + std::to_string(next_number_) + ",\"key\":[" + std::to_string(key.protocol) + ",\"" +
          lan_address(key.client.address).to_string() + "\"," + std::to_string(key.client.port) + ",\"" + server.to_string() +
          "\"," + std::to_string(key.server.port) + "]}\n";
  return mentions_.emplace(key, Mention{next_number_++, 0}).first->second;
}

std::string RecordingWriter::since_began(Instant now) const {
  return std::to_string((now - began_).count());
}

IpAddress RecordingWriter::lan_address(const IpAddress& address) const {
  return privacy_.masks_lan ? mask_(address) : address;
}

std::string RecordingWriter::device_name(const Call& call) const {
  const auto found = std::find(device_names_.begin(), device_names_.end(), call.device);
  return found != device_names_.end() ? settings_.devices.at(static_cast<std::size_t>(found - device_names_.begin())).name
                                      : lan_address(call.client).to_string();
}

}  // namespace voip
