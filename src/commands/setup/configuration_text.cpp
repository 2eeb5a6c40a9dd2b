#include "commands/setup/configuration_text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>

#include "commands/setup/propose_actuator.h"
#include "terminal/wrapped.h"

namespace voip {
namespace {

// A terminal over which somebody reads it may be as narrow.
constexpr std::size_t comment_width = 40;

struct WrittenSetting {
  GivenSetting setting;
  std::string comment;
};

// Of what setup has written once, and finds again.
std::string usual_comment(std::string_view section, std::string_view key) {
  constexpr std::array<std::tuple<std::string_view, std::string_view, std::string_view>, 9> comments{{
      {"node", "state_dir", "The only place that is written to."},
      {"qos.tc", "upload_kbit", "The line's upload in kbit/s; 0: it is not shaped."},
      {"qos.tc", "download_kbit", "The line's download in kbit/s; 0: it is not shaped."},
      {"qos.cake-rate", "upload_kbit", "CAKE's bandwidth during a call."},
      {"qos.cake-rate", "idle_upload_kbit", "And without one."},
      {"qos.cake-rate", "download_kbit", "CAKE's bandwidth during a call."},
      {"qos.cake-rate", "idle_download_kbit", "And without one."},
      {"mqtt", "uri", "The MQTT broker."},
      {"mqtt", "password_file", "The password alone, for nobody else to read."},
  }};
  const auto* const found = std::find_if(comments.begin(), comments.end(),
                                         [&](const auto& one) { return std::get<0>(one) == section && std::get<1>(one) == key; });
  return found == comments.end() ? "" : std::string(std::get<2>(*found));
}

class Writing {
 public:
  explicit Writing(const std::vector<GivenSetting>& before) {
    for (const GivenSetting& setting : before) {
      settings_.push_back({setting, usual_comment(setting.section, setting.key)});
      devices_ = setting.section == "device" ? std::max(devices_, setting.number + 1) : devices_;
    }
  }

  // In the place of what was there.
  void set(std::string_view section, std::string_view key, std::string value) {
    set(section, key, std::move(value), usual_comment(section, key));
  }
  void set(std::string_view section, std::string_view key, std::string value, std::string comment) {
    remove(section, key);
    settings_.push_back({{std::string(section), 0, std::string(key), std::move(value)}, std::move(comment)});
  }
  void remove(std::string_view section, std::string_view key) {
    std::erase_if(settings_, [&](const WrittenSetting& one) { return one.setting.section == section && one.setting.key == key; });
  }
  [[nodiscard]] bool has_number(std::string_view section, std::string_view key) const {
    return std::any_of(settings_.begin(), settings_.end(), [&](const WrittenSetting& one) {
      return one.setting.section == section && one.setting.key == key && one.setting.value != toml_string("auto");
    });
  }
  void add_device(const DeviceSettings& device) {
    const auto add = [&](std::string_view key, std::string_view value) {
      settings_.push_back({{"device", devices_, std::string(key), toml_string(value)}, ""});
    };
    add("name", device.name);
    device.address ? add("address", device.address->to_string()) : add("mac", device.mac);
    add("role", to_string(device.role));
    ++devices_;
  }

  [[nodiscard]] std::string text() {
    std::stable_sort(settings_.begin(), settings_.end(),
                     [](const WrittenSetting& a, const WrittenSetting& b) { return rank(a.setting) < rank(b.setting); });
    std::string all;
    const WrittenSetting* last = nullptr;
    for (const WrittenSetting& one : settings_) {
      const GivenSetting& setting = one.setting;
      if (last == nullptr || last->setting.section != setting.section || last->setting.number != setting.number) {
        const bool is_first_device = setting.section == "device" && setting.number == 0;
        all += "\n" + (is_first_device ? comment_lines("What you know about single devices.") : "");
        all += setting.section == "device" ? "[[device]]\n" : "[" + setting.section + "]\n";
      }
      all += comment_lines(one.comment) + setting.key + " = " + setting.value + "\n";
      last = &one;
    }
    return all;
  }

  static std::string comment_lines(std::string_view comment) {
    return comment.empty() ? "" : wrapped(comment, comment_width, "# ");
  }

 private:
  // As in the sample; what is below a section follows it.
  using Rank = std::tuple<std::ptrdiff_t, std::string_view, std::size_t>;
  static Rank rank(const GivenSetting& setting) {
    constexpr std::array<std::string_view, 8> order{"", "node", "monitor", "detector", "device", "policy", "qos", "mqtt"};
    const std::string_view top = std::string_view(setting.section).substr(0, setting.section.find('.'));
    return {std::find(order.begin(), order.end(), top) - order.begin(), setting.section, setting.number};
  }

  std::vector<WrittenSetting> settings_;
  std::size_t devices_ = 0;
};

std::string lan_value(const std::vector<IpPrefix>& lan) {
  std::string list;
  for (const IpPrefix& prefix : lan) {
    list += (list.empty() ? "" : ", ") + toml_string(prefix.to_string());
  }
  return lan.empty() ? toml_string("auto") : "[" + list + "]";
}

std::string lan_comment(const std::vector<IpPrefix>& lan) {
  const bool has_changing = std::any_of(
      lan.begin(), lan.end(), [](const IpPrefix& prefix) { return prefix.address().is_v6() && !prefix.address().is_private(); });
  return lan.empty()    ? "Which networks are watched: all in which this router is at home."
         : has_changing ? "Which networks are watched. Correct the IPv6 networks here when the provider gives you others."
                        : "Which networks are watched.";
}

void write_tc_rates(Writing& writing, const TcRates& rates) {
  for (const auto& [key, kbit] : {std::pair("upload_kbit", rates.upload_kbit), std::pair("download_kbit", rates.download_kbit)}) {
    kbit ? writing.set("qos.tc", key, std::to_string(*kbit)) : writing.remove("qos.tc", key);
  }
}

// What is not said of the rates needs a word too.
std::string learnt_comment(const Writing& writing) {
  const bool has_upload = writing.has_number("qos.tc", "upload_kbit");
  const bool has_download = writing.has_number("qos.tc", "download_kbit");
  return has_upload && has_download ? ""
         : has_upload || has_download
             ? std::string(" The rate of the ") + (has_upload ? "download" : "upload") +
                   " is learnt when the line is full; or set " + (has_upload ? "download_kbit" : "upload_kbit") + " in [qos.tc]."
             : " The rates of the line are learnt when it is full, and before that no call is protected; or set upload_kbit and "
               "download_kbit in [qos.tc].";
}

void write_actuator(Writing& writing, const Answers& answers) {
  if (answers.actuator == "tc" && answers.rates) {
    write_tc_rates(writing, *answers.rates);
  }
  std::string comment =
      "What switches QoS: " + answers.actuator + "." + (answers.actuator == "tc" ? learnt_comment(writing) : "");
  if (answers.actuator == "none") {
    comment = "Watch only, switch nothing." + (answers.why_none.empty() ? "" : " " + answers.why_none);
  }
  writing.set("qos", "actuator", toml_string(answers.actuator), comment);
  if (answers.actuator != "tc") {
    writing.remove("qos.tc", "drain");  // "measured" goes with tc alone, and no other word does anything without it
  }
}

void write_cake_rates(Writing& writing, const LineRates& idle) {
  const CakeRateSettings rates = cake_rate_settings(idle);
  for (const auto& [key, kbit] :
       {std::pair("upload_kbit", rates.upload_kbit), std::pair("idle_upload_kbit", rates.idle_upload_kbit),
        std::pair("download_kbit", rates.download_kbit), std::pair("idle_download_kbit", rates.idle_download_kbit)}) {
    if (kbit != 0) {
      writing.set("qos.cake-rate", key, std::to_string(kbit));
    }
  }
}

void write_broker(Writing& writing, const BrokerAnswer& broker, const WrittenFile& file) {
  if (broker.uri.empty()) {
    for (const std::string_view key : {"uri", "username", "password_file", "ca_file", "cert_file", "key_file"}) {
      writing.remove("mqtt", key);
    }
    return;
  }
  writing.set("mqtt", "uri", toml_string(broker.uri));
  // Whoever names another broker has other credentials there, or none.
  writing.remove("mqtt", "username");
  writing.remove("mqtt", "password_file");
  if (!broker.username.empty()) {
    writing.set("mqtt", "username", toml_string(broker.username));
  }
  if (!broker.password.empty()) {
    writing.set("mqtt", "password_file", toml_string(file.password_file));
  }
}

}  // namespace

std::vector<GivenSetting> without_defaults(const std::vector<GivenSetting>& given) {
  std::vector<GivenSetting> telling;
  std::copy_if(given.begin(), given.end(), std::back_inserter(telling), [](const GivenSetting& setting) {
    if (setting.section == "device") {
      return true;
    }
    // By itself: what contradicts the other defaults is none.
    const std::string alone = "[" + setting.section + "]\n" + setting.key + " = " + setting.value + "\n";
    const LoadedSettings loaded = parse_settings(alone, "", NamedFiles::ignored);
    const auto* const settings = std::get_if<Settings>(&loaded);
    return settings == nullptr || *settings != Settings{};
  });
  return telling;
}

std::string configuration_text(const Answers& answers, const std::vector<GivenSetting>& before, const WrittenFile& file) {
  Writing writing(before);
  if (!file.state_dir.empty()) {
    writing.set("node", "state_dir", toml_string(file.state_dir), "In RAM: flash is not written to.");
  }
  writing.set("monitor", "lan", lan_value(answers.lan), lan_comment(answers.lan));
  writing.set("qos", "wan", toml_string(answers.wan),
              answers.wan == "auto" ? "The line: where the default route goes." : "The device of the line.");
  write_actuator(writing, answers);
  if (answers.actuator == "cake-rate" && answers.cake_rates != LineRates{}) {
    write_cake_rates(writing, answers.cake_rates);
  }
  for (const DeviceSettings& device : answers.new_devices) {
    writing.add_device(device);
  }
  if (answers.broker) {
    write_broker(writing, *answers.broker, file);
  }
  return Writing::comment_lines("Written by voip-qosd setup " + file.program_version +
                                ". All settings there are: docs/configuration.md. After a change: voip-qosd check-config.") +
         writing.text();
}

}  // namespace voip
