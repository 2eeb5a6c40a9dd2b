#include "ports/mqtt_options.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"
#include "ports/mqtt_address.h"

namespace voip {
namespace {

constexpr std::size_t longest_password = 4096;

Error failed(const std::string& doing, const std::string& path) {
  return Error{doing + " " + path + ": " + std::strerror(errno)};
}

// systemd shows a credential with the access list's mask as its group's mode; the directory itself is private (systemd.exec(5)).
bool is_credential(const std::string& path) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): nobody writes it
  return directory != nullptr && *directory != '\0' && path.rfind(std::string(directory) + "/", 0) == 0;
}

Status check_readable(const char* key, const std::string& path) {
  if (!path.empty() && access(path.c_str(), R_OK) != 0) {
    return failed(std::string("read mqtt.") + key, path);
  }
  return {};
}

bool is_clear_and_away(const std::string& uri) {
  const MqttAddress broker = parse_mqtt_uri(uri);
  const auto address = IpAddress::parse(broker.host);
  return !broker.has_tls && broker.host != "localhost" && !(address && address->is_loopback());
}

}  // namespace

Result<std::string> read_password(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) {
    return failed("read mqtt.password_file", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{"read mqtt.password_file " + path + ": not a regular file"};
  }
  if ((info.st_mode & 077U) != 0 && !is_credential(path)) {
    return Error{"read mqtt.password_file " + path + ": others may read it: chmod 600 " + path};
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
  options.version = mqtt.version;
  options.keep_alive = mqtt.keep_alive;
  options.ca_file = mqtt.ca_file;
  options.cert_file = mqtt.cert_file;
  options.key_file = mqtt.key_file;
  options.verify_hostname = mqtt.verify_hostname;
  options.will = MqttMessage{MqttTopics(settings).status(), "offline", 1, true};
  return options;
}

}  // namespace voip
