#include "config/schema.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <tuple>

#include "actuators/actuators.h"
#include "base/left_out.h"
#include "base/regular_file.h"
#include "base/secret_file.h"
#include "base/trust.h"
#include "core/learnt_rates.h"

namespace voip {
namespace {

void check_same_device(const std::string& number, std::string_view key, const std::string& value, std::vector<std::string>& seen,
                       ConfigReading& reading) {
  if (value.empty()) {
    return;
  }
  std::string lower = value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (std::find(seen.begin(), seen.end(), lower) != seen.end()) {
    reading.add(reading.place_of(number + "." + std::string(key)),
                "another [[device]] has the same " + std::string(key) + " \"" + value + "\"");
  }
  seen.push_back(std::move(lower));
}

void check_devices(ConfigReading& reading) {
  std::vector<std::string> names;
  std::vector<std::string> addresses;
  std::vector<std::string> macs;
  std::vector<std::string> hostnames;
  for (std::size_t i = 0; i < reading.settings.devices.size(); ++i) {
    const DeviceSettings& device = reading.settings.devices[i];
    const std::string number = "device[" + std::to_string(i) + "]";
    check_same_device(number, "name", device.name, names, reading);
    check_same_device(number, "address", device.address ? device.address->to_string() : "", addresses, reading);
    check_same_device(number, "mac", device.mac, macs, reading);
    check_same_device(number, "hostname", device.hostname, hostnames, reading);
  }
}

void check_times(ConfigReading& reading) {
  const MonitorSettings& monitor = reading.settings.monitor;
  if (monitor.fast_interval > monitor.interval) {
    const char* key = reading.gives("monitor.fast_interval") ? "monitor.fast_interval" : "monitor.interval";
    reading.add(reading.place_of(key), "monitor.fast_interval (" + to_string(monitor.fast_interval) +
                                           ") must not be longer than monitor.interval (" + to_string(monitor.interval) + ")");
  }
  const PolicySettings& policy = reading.settings.policy;
  if (policy.min_on > policy.max_on) {
    const char* key = reading.gives("policy.max_on") ? "policy.max_on" : "policy.min_on";
    reading.add(reading.place_of(key), "policy.min_on (" + to_string(policy.min_on) +
                                           ") must not be longer than policy.max_on (" + to_string(policy.max_on) + ")");
  }
  if (reading.gives("detector.threshold.packets_per_s") && reading.gives("detector.threshold.kbit_per_s")) {
    reading.add(reading.place_of("detector.threshold.kbit_per_s"),
                "detector.threshold: give either packets_per_s or kbit_per_s, not both");
  }
}

// Which of the two it is must be seen from outside, and tc rounds what it prints.
void check_two_rates(const std::string& direction, std::uint64_t call_kbit, std::uint64_t idle_kbit, ConfigReading& reading) {
  if (call_kbit != 0 && idle_kbit != 0 && call_kbit * 100 > idle_kbit * 95) {
    const std::string key = "qos.cake-rate.idle_" + direction + "_kbit";
    reading.add(reading.place_of(key), key + " (" + std::to_string(idle_kbit) + ") must be at least 6 % above " + direction +
                                           "_kbit (" + std::to_string(call_kbit) + "), or 0 for no limit");
  }
}

void check_actuator(ConfigReading& reading) {
  const QosSettings& qos = reading.settings.qos;
  const Place place = reading.place_of("qos.actuator");
  const bool shapes_nothing = !learnt_ways(qos).any() && rates_in_use(qos) == LineRates{};
  if (qos.actuator == "tc" && shapes_nothing) {
    reading.add(place,
                "qos.actuator \"tc\" has nothing to shape: upload_kbit and download_kbit in [qos.tc] are both 0; leave them out, "
                "and the rates are learnt from the line");
  }
  if (qos.actuator == "exec" && (qos.exec.on.empty() || qos.exec.off.empty())) {
    reading.add(place, "qos.actuator \"exec\" needs the commands on and off in [qos.exec]");
  }
  if (qos.actuator == "cake-rate" && shapes_nothing) {
    reading.add(place, "qos.actuator \"cake-rate\" needs upload_kbit, download_kbit or both in [qos.cake-rate]");
  }
  if (!has_part("line") && learnt_ways(qos).any()) {
    reading.add(place, "the rates in [qos." + qos.actuator +
                           "] cannot be learnt: this build of voip-qosd was made without that; " +
                           "set upload_kbit and download_kbit, 0 for a direction that is not shaped");
  }
  check_two_rates("upload", qos.cake_rate.upload_kbit, qos.cake_rate.idle_upload_kbit, reading);
  check_two_rates("download", qos.cake_rate.download_kbit, qos.cake_rate.idle_download_kbit, reading);
  for (const auto& [key, program] :
       {std::pair("qos.qos-scripts.start", &qos.qos_scripts.start), std::pair("qos.qos-scripts.stop", &qos.qos_scripts.stop)}) {
    if (program->starts_with("/etc/init.d/")) {
      reading.add(reading.place_of(key), std::string(key) + ": the init script cannot switch qos-scripts off: name the program " +
                                             "qos-start or qos-stop, which lie in /usr/bin");
    }
  }
  if (qos.qos_scripts.foreign == Foreign::leave && !qos.mark_calls) {
    reading.add(reading.place_of("qos.qos-scripts.foreign"),
                "qos.qos-scripts.foreign \"leave\" needs qos.mark_calls: a start of ours is known by its rule for calls");
  }
  const Actuator* const actuator = find_actuator(qos.actuator);
  if (qos.tc.drain == Drain::measured && actuator != nullptr && !actuator->drains) {
    reading.add(reading.place_of("qos.tc.drain"), "qos.tc.drain \"measured\" does nothing with qos.actuator \"" + qos.actuator +
                                                      "\", which cannot drain the line; \"tc\" can");
  }
  if (qos.tc.drain != Drain::off && qos.tc.drain_percent > qos.tc.bulk_percent) {
    const char* key = reading.gives("qos.tc.drain_percent") ? "qos.tc.drain_percent" : "qos.tc.bulk_percent";
    reading.add(reading.place_of(key), "qos.tc.drain_percent (" + std::to_string(qos.tc.drain_percent) +
                                           ") must not be above qos.tc.bulk_percent (" + std::to_string(qos.tc.bulk_percent) +
                                           ")");
  }
}

void check_mqtt(ConfigReading& reading) {
  const MqttSettings& mqtt = reading.settings.mqtt;
  if (mqtt.version == 4) {
    reading.add(reading.place_of("mqtt.version"), "mqtt.version must be 5, or 3 for MQTT 3.1.1");
  }
  if (!mqtt.password_file.empty() && mqtt.username.empty()) {
    reading.add(reading.place_of("mqtt.password_file"), "mqtt.password_file needs mqtt.username too");
  }
  if (mqtt.cert_file.empty() != mqtt.key_file.empty()) {
    reading.add(reading.place_of(mqtt.key_file.empty() ? "mqtt.cert_file" : "mqtt.key_file"),
                "mqtt.cert_file and mqtt.key_file go together");
  }
  const bool is_encrypted = std::any_of(mqtt.uri.begin(), mqtt.uri.end(), [](const std::string& uri) {
    return uri.starts_with("mqtts:") || uri.starts_with("wss:");
  });
  // A wrong address was told already, and may have been meant.
  const bool has_wrong_uri = std::any_of(reading.problems.begin(), reading.problems.end(),
                                         [](const auto& problem) { return problem.second.starts_with("mqtt.uri"); });
  for (const auto& [key, file] : {std::pair("mqtt.ca_file", &mqtt.ca_file), std::pair("mqtt.cert_file", &mqtt.cert_file)}) {
    if (!file->empty() && !is_encrypted && !has_wrong_uri) {
      reading.add(reading.place_of(key), std::string(key) + " is for mqtts:// and wss://, and no mqtt.uri has such an address");
    }
  }
}

bool is_hidden_credential(const std::string& path) {
  const std::string directory = credentials_directory();
  return path.starts_with(directory + "/") && ::access(directory.c_str(), X_OK) != 0;
}

// What mends it that a secret cannot be read. For a user of its own, as systemd gives the service, one of root's is closed, as it
// should be.
std::string how_to_hand_over(const std::string& path, const std::string& error) {
  const std::string name = std::filesystem::path(path).filename().string();
  if (is_hidden_credential(path)) {
    return "; it is there while the service runs, with LoadCredential=" + name + ":FILE in [Service]";
  }
  if (error != std::strerror(EACCES) || is_person(geteuid())) {
    return {};
  }
  return "; let systemd hand it over: LoadCredential=" + name + ":" + path + " in [Service], and \"" + name + "\" here";
}

void check_mqtt_files(ConfigReading& reading, NamedFiles named_files) {
  const MqttSettings& mqtt = reading.settings.mqtt;
  for (const auto& [key, path, is_secret] :
       {std::tuple("mqtt.ca_file", &mqtt.ca_file, false), std::tuple("mqtt.cert_file", &mqtt.cert_file, false),
        std::tuple("mqtt.key_file", &mqtt.key_file, true), std::tuple("mqtt.password_file", &mqtt.password_file, true)}) {
    if (path->empty() || (named_files == NamedFiles::but_credentials && is_hidden_credential(*path))) {
      continue;
    }
    if (const auto file = open_regular_file(*path, O_RDONLY); !file) {
      reading.add(reading.place_of(key), std::string(key) + ": read " + *path + ": " + file.error() +
                                             (is_secret ? how_to_hand_over(*path, file.error()) : std::string()));
    } else if (is_secret && others_may_read(file->status, *path)) {
      reading.add(reading.place_of(key), std::string(key) + ": others may read " + *path + "; run: chmod 600 " + *path);
    }
  }
}

// What is in the way of a file that the daemon makes there, and of its folder; empty: nothing. A person who checks may write at
// other places than the daemon.
std::string unusable(const std::filesystem::path& path, bool is_socket) {
  std::error_code error;
  const auto there = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(there)) {
    return path.string() + " is a directory: name a file in it";
  }
  if (std::filesystem::exists(there) &&
      !(is_socket ? std::filesystem::is_socket(there) : std::filesystem::is_regular_file(there))) {
    return path.string() + " is there, and is no " + (is_socket ? "socket" : "regular file") + ": remove it, or name another";
  }
  std::filesystem::path folder = path.parent_path();
  while (folder.has_relative_path() && ::access(folder.c_str(), F_OK) != 0 && errno == ENOENT) {
    folder = folder.parent_path();
  }
  if (!std::filesystem::is_directory(folder, error)) {
    return "make " + path.string() + ": " + (error ? error.message() : folder.string() + " is no directory");
  }
  if (::access(folder.c_str(), W_OK) != 0 && (errno == EROFS || !is_person(geteuid()))) {
    return "make " + path.string() + ": nothing can be written in " + folder.string() + " (" + std::strerror(errno) +
           "; as a service of systemd it takes ReadWritePaths=)";
  }
  return {};
}

// Whether two paths lead to the same place, be something there or not yet.
bool is_same_place(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  return std::filesystem::weakly_canonical(one, error) == std::filesystem::weakly_canonical(other, error) && !error;
}

void check_own_files(ConfigReading& reading, const std::string& file) {
  const ControlSettings& control = reading.settings.control;
  const LogSettings& log = reading.settings.log;
  const auto check = [&reading](const char* key, const std::string& problem) {
    if (!problem.empty()) {
      reading.add(reading.place_of(key), std::string(key) + ": " + problem);
    }
  };
  check("control.socket", unusable(control.socket, true));
  if (log.target == "file") {
    const char* const key = reading.gives("log.file") ? "log.file" : "log.target";
    check(key, unusable(log.file, false));
    check(key, is_same_place(log.file, control.socket) ? log.file + " is control.socket: name another file" : "");
    check(key, is_same_place(log.file, file) ? log.file + " is the configuration: name another file" : "");
  }
  if (!control.group.empty() && ::getgrnam(control.group.c_str()) == nullptr) {  // NOLINT(concurrency-mt-unsafe): one thread
    check("control.group", "there is no group \"" + control.group + "\"; run: groupadd --system " + control.group);
  }
}

void check_commands(ConfigReading& reading) {
  const ExecSettings& exec = reading.settings.qos.exec;
  for (const auto& [key, command] :
       {std::pair("qos.exec.on", &exec.on), std::pair("qos.exec.off", &exec.off), std::pair("qos.exec.observe", &exec.observe)}) {
    if (command->empty()) {
      continue;
    }
    const std::string& program = command->front();
    std::error_code error;
    if (::access(program.c_str(), X_OK) != 0) {
      reading.add(reading.place_of(key), std::string(key) + ": run " + program + ": " + std::strerror(errno));
    } else if (!std::filesystem::is_regular_file(program, error)) {
      reading.add(reading.place_of(key), std::string(key) + ": run " + program + ": it is no program");
    }
  }
}

}  // namespace

void check_contradictions(ConfigReading& reading) {
  check_devices(reading);
  check_times(reading);
  check_actuator(reading);
  check_mqtt(reading);
}

void check_named_files(ConfigReading& reading, const std::string& file, NamedFiles named_files) {
  check_mqtt_files(reading, named_files);
  check_commands(reading);
  check_own_files(reading, file);
}

}  // namespace voip
