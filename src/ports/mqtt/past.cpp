#include "ports/mqtt/past.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "base/words.h"
#include "ports/mqtt/options.h"
#include "ports/mqtt/payload/home_assistant.h"
#include "system/state_file.h"

namespace voip {
namespace {

constexpr const char* file_name = "announced";
constexpr Duration look_around = 1s;  // retained messages come right after the subscription
constexpr Duration until_gone = 5s;   // for the broker's receipts
constexpr std::size_t most_found = 1024;
constexpr std::array<const char*, 2> kept_of_devices{"state", "usage"};

bool is_below(std::string_view topic, const std::string& base) {
  return topic.starts_with(base + "/");
}

}  // namespace

MqttName mqtt_name(const Settings& settings) {
  return {settings.mqtt.base_topic, settings.node.id,
          settings.home_assistant.discovery ? settings.home_assistant.prefix : std::string()};
}

std::string to_text(const MqttName& name) {
  return "base_topic " + name.base_topic + "\nnode " + name.node_id + "\nprefix " + name.prefix + "\n";
}

std::optional<MqttName> parse_mqtt_name(std::string_view text) {
  MqttName name;
  for (const std::string_view line : lines_of(text)) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view key = line.substr(0, blank);
    (key == "base_topic" ? name.base_topic : key == "node" ? name.node_id : name.prefix) = line.substr(blank + 1);
  }
  // With a wildcard it would be of others too, and theirs were taken away. What is no text of a topic, as a broker ends a
  // connection for, is not what was written.
  const std::string all = name.base_topic + name.node_id + name.prefix;
  const bool is_written = all.find_first_of("+#") == std::string::npos && is_utf8_text(all) && printable(all) == all;
  return name.base_topic.empty() || name.node_id.empty() || !is_written ? std::nullopt : std::optional(std::move(name));
}

MqttPast::MqttPast(const Settings& settings, Loop& loop, std::function<void(MqttMessage)> say)
    : settings_(settings), loop_(loop), say_(std::move(say)), topics_(settings) {
  for (const std::string& slug : topics_.device_slugs()) {
    for (const char* what : kept_of_devices) {
      device_states_.insert(topics_.of_device(slug, what));
    }
  }
  if (const auto text = read_state_file(settings.node.state_dir, file_name); text && *text) {
    kept_ = parse_mqtt_name(**text);
  }
  if (kept_ && *kept_ != mqtt_name(settings)) {
    old_ = settings;
    old_->mqtt.base_topic = kept_->base_topic;
    old_->node.id = kept_->node_id;
    old_->home_assistant.prefix = kept_->prefix;
  }
}

void MqttPast::connected(MqttConnection& connection) {
  lost();
  for (const char* what : kept_of_devices) {
    connection.subscribe(topics_.of_device("+", what), MqttRetained::wanted);
  }
  if (old_) {
    if (MqttTopics(*old_).base() != topics_.base()) {
      connection.subscribe(MqttTopics(*old_).of("#"), MqttRetained::wanted);
    }
    if (!kept_->prefix.empty()) {
      connection.subscribe(discovery_filter(*old_), MqttRetained::wanted);
    }
  }
  set(look_around, [this] { clear(); });
}

void MqttPast::lost() {
  if (timer_) {
    loop_.cancel(*std::exchange(timer_, std::nullopt));
  }
  found_.clear();
  is_old_name_in_use_ = false;
  has_waited_ = false;
}

// Never what is said under the present name.
bool MqttPast::is_of_the_old_name(const std::string& topic) const {
  if (!old_ || is_below(topic, topics_.base())) {
    return false;
  }
  const bool is_said = settings_.home_assistant.discovery && is_own_discovery(settings_, topic);
  return is_below(topic, MqttTopics(*old_).base()) || (!is_said && is_own_discovery(*old_, topic));
}

bool MqttPast::is_gone_device(const std::string& topic) const {
  return is_below(topic, topics_.of("device")) &&
         std::any_of(kept_of_devices.begin(), kept_of_devices.end(),
                     [&topic](const char* what) { return topic.ends_with(std::string("/") + what); });
}

bool MqttPast::take(const MqttIncoming& incoming) {
  const bool is_old = is_of_the_old_name(incoming.topic);
  if (!is_old && !is_gone_device(incoming.topic)) {
    return false;
  }
  if (incoming.is_retained && !incoming.payload.empty() && found_.size() < most_found &&
      !device_states_.contains(incoming.topic)) {
    found_.insert(incoming.topic);
  }
  if (is_old && incoming.topic == MqttTopics(*old_).status()) {
    is_old_name_in_use_ = incoming.payload == "online";
  }
  return true;
}

void MqttPast::clear() {
  // We have said good-bye under it, or the broker does it for us, as soon as it has missed us for long enough. Whoever lives
  // there then is somebody else.
  if (is_old_name_in_use_ && !std::exchange(has_waited_, true)) {
    set(2 * settings_.mqtt.keep_alive + will_delay, [this] { clear(); });
    return;
  }
  std::size_t of_the_old_name = 0;
  for (const std::string& topic : std::exchange(found_, {})) {
    const bool is_old = is_of_the_old_name(topic);
    if (!is_old || !is_old_name_in_use_) {
      say_({topic, {}, 1, true});
      of_the_old_name += is_old ? 1U : 0U;
    }
  }
  if (old_ && is_old_name_in_use_) {
    log_warning("mqtt: " + MqttTopics(*old_).base() + ", which was ours before, is left as it is: another node is online there");
  } else if (of_the_old_name > 0) {
    log_info("mqtt: took away " + std::to_string(of_the_old_name) + " topics of " + MqttTopics(*old_).base() +
             ", as this node was called before");
  }
  if (!kept_ || old_) {
    set(until_gone, [this] { keep_name(); });
  }
}

void MqttPast::keep_name() {
  const Status written = write_state_file(settings_.node.state_dir, file_name, to_text(mqtt_name(settings_)));
  if (written) {
    kept_ = mqtt_name(settings_);
    old_.reset();
  } else if (!std::exchange(has_failed_, true)) {
    log_warning("mqtt: after a change of node.id the old topics will stay: " + written.error());
  }
}

void MqttPast::set(Duration after, std::function<void()> due) {
  timer_ = loop_.call_at(loop_.now() + after, [this, due = std::move(due)] {
    timer_.reset();
    due();
  });
}

}  // namespace voip
