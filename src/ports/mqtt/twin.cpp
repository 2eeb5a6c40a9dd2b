#include "ports/mqtt/twin.h"

#include <filesystem>
#include <random>

#include "ports/mqtt/payload/topics.h"
#include "system/json.h"
#include "system/read_start.h"

namespace voip {
namespace {

constexpr Duration answers_each = 10s;  // two that answer each other never end

std::string first_line(const std::string& path) {
  const std::string text = read_start(path, 256);
  return text.substr(0, text.find('\n'));
}

// Of the devices that are hardware; made ones (bridges, tunnels) may be made anew with another address.
std::string lowest_hardware_address() {
  std::string lowest;
  std::error_code ignored;
  for (const auto& device : std::filesystem::directory_iterator("/sys/class/net", ignored)) {
    const std::string address = first_line(device.path() / "address");
    if (std::filesystem::exists(device.path() / "device", ignored) && address.find_first_not_of("0:") != std::string::npos &&
        (lowest.empty() || address < lowest)) {
      lowest = address;
    }
  }
  return lowest;
}

}  // namespace

std::string this_machine() {
  // Copied cards have one id on two machines, and emulators one address for all of theirs.
  const std::string what = lowest_hardware_address() + first_line("/etc/machine-id");
  return short_hash(what.empty() ? std::to_string(std::random_device{}()) : what);
}

bool MqttTwin::heard(std::string_view info, bool is_retained, Instant now) {
  const Json json = parse_json(info);
  if (!json.is_object() || !json.contains("machine") || !json["machine"].is_string() || json["machine"] == machine_) {
    return false;
  }
  // What was kept there before we said ours may be of a machine that is no more.
  if (is_retained && !has_said_before_) {
    return false;
  }
  heard_at_ = now;
  if (answered_at_ && now - *answered_at_ < answers_each) {
    return false;
  }
  answered_at_ = now;
  return true;
}

}  // namespace voip
