#include "ports/mqtt/options.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/secret_file.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "ports/mqtt/address.h"
#include "ports/mqtt/mqtt.h"

namespace voip {
namespace {

constexpr std::size_t longest_password = 4096;

Error failed(const std::string& doing, const std::string& path) {
  return system_error(doing + " " + path);
}

Status check_readable(const char* key, const std::string& path) {
  if (!path.empty() && access(path.c_str(), R_OK) != 0) {
    return failed(std::string("read mqtt.") + key, path);
  }
  return {};
}

Status check_secret(const char* key, const std::string& path, const struct stat& info) {
  return others_may_read(info, path)
             ? Error{std::string("read mqtt.") + key + " " + path + ": others may read it: chmod 600 " + path}
             : Status();
}

bool is_clear_and_away(const std::string& uri) {
  const MqttAddress broker = parse_mqtt_uri(uri);
  const auto address = IpAddress::parse(broker.host);
  return !broker.has_tls && broker.host != "localhost" && !(address && address->is_loopback());
}

}  // namespace

Result<std::string> read_password(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) {
    return failed("read mqtt.password_file", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{"read mqtt.password_file " + path + ": not a regular file"};
  }
  if (const Status secret = check_secret("password_file", path, info); !secret) {
    return Error{secret.error()};
  }
  std::string text(longest_password, '\0');
  const ssize_t length = read(file.get(), text.data(), text.size());
  if (length < 0) {
    return failed("read mqtt.password_file", path);
  }
  text.resize(static_cast<std::size_t>(length));
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  if (text.empty()) {
    return Error{"read mqtt.password_file " + path + ": it is empty"};
  }
  return text;
}

bool sends_password_in_clear(const MqttSettings& mqtt) {
  return !mqtt.password_file.empty() && std::any_of(mqtt.uri.begin(), mqtt.uri.end(), is_clear_and_away);
}

Result<MqttConnectionOptions> mqtt_options(const Settings& settings) {
  const MqttSettings& mqtt = settings.mqtt;
  MqttConnectionOptions options;
  options.uris = mqtt.uri;
  options.client_id = mqtt.client_id.empty() ? "voip-qosd-" + settings.node.id : mqtt.client_id;
  options.username = mqtt.username;
  if (!mqtt.password_file.empty()) {
    Result<std::string> password = read_password(mqtt.password_file);
    if (!password) {
      return Error{password.error()};
    }
    options.password = *password;
  }
  for (const auto& [key, path] :
       {std::pair("ca_file", &mqtt.ca_file), std::pair("cert_file", &mqtt.cert_file), std::pair("key_file", &mqtt.key_file)}) {
    if (const Status readable = check_readable(key, *path); !readable) {
      return Error{readable.error()};
    }
  }
  struct stat key {};
  if (!mqtt.key_file.empty() && stat(mqtt.key_file.c_str(), &key) == 0) {
    if (const Status secret = check_secret("key_file", mqtt.key_file, key); !secret) {
      return Error{secret.error()};
    }
  }
  options.version = mqtt.version;
  options.keep_alive = mqtt.keep_alive;
  options.ca_file = mqtt.ca_file;
  options.cert_file = mqtt.cert_file;
  options.key_file = mqtt.key_file;
  options.verify_hostname = mqtt.verify_hostname;
  options.will = MqttMessage{MqttTopics(settings).status(), "offline", 1, true};
  options.will_delay = will_delay;
  return options;
}

}  // namespace voip
