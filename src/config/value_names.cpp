// The readers of names, paths and broker addresses.
#include <algorithm>
#include <cctype>

#include "base/secret_file.h"
#include "config/value.h"

namespace voip {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_topic = 128;
constexpr std::size_t longest_path = 4096;
constexpr std::size_t longest_socket_path = 107;  // sun_path of unix(7), with its final zero
constexpr std::size_t longest_link_name = 15;     // IFNAMSIZ of linux/if.h, without its final zero
constexpr std::size_t longest_hostname = 253;     // RFC 1035
constexpr std::size_t most_items = 64;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20U || c == 0x7f;
}

bool is_letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_one_line(std::string_view text, std::size_t longest) {
  return text.size() <= longest && std::none_of(text.begin(), text.end(), is_control);
}

bool is_made_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(),
                     [also](char c) { return is_letter_or_digit(c) || also.find(c) != std::string_view::npos; });
}

// MQTT 5 section 4.7: a topic name has no wildcards; empty levels at the ends are allowed there but always a mistake.
bool is_topic(std::string_view text) {
  return !text.empty() && is_one_line(text, longest_topic) && text.find_first_of("+#$") == std::string_view::npos &&
         !text.starts_with('/') && !text.ends_with('/');
}

bool is_link_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_link_name && is_made_of(text, "._-@:");
}

// What is wrong with it; empty: nothing.
std::string uri_problem(std::string_view uri) {
  const std::size_t scheme_end = uri.find("://");
  const std::string_view scheme = uri.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end);
  if (scheme != "mqtt" && scheme != "mqtts" && scheme != "ws" && scheme != "wss") {
    return "expected mqtt://, mqtts://, ws:// or wss:// and the broker's name, got \"" + std::string(uri) + "\"";
  }
  if (!VOIP_TLS && (scheme == "mqtts" || scheme == "wss")) {
    return "this build of voip-qosd has no TLS, which \"" + std::string(uri) + "\" needs";
  }
  std::string_view rest = uri.substr(scheme_end + 3);
  std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos) {
    return "no user or password in the address: use mqtt.username and mqtt.password_file";
  }
  if (authority.find('%') != std::string_view::npos) {
    return "an address with an interface (\"%\") cannot be used in \"" + std::string(uri) +
           "\": take the broker's name, or an address of it that does not begin with fe80";
  }
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    const auto address = bracket == std::string_view::npos ? std::nullopt : IpAddress::parse(authority.substr(1, bracket - 1));
    if (!address || !address->is_v6()) {
      return "expected an IPv6 address between the brackets of \"" + std::string(uri) + "\"";
    }
    host_end = bracket + 1;
  } else if (!is_made_of(authority.substr(0, host_end), ".-_")) {
    return "the broker's name in \"" + std::string(uri) + "\" has a character that no name has";
  }
  if (authority.substr(0, host_end).empty()) {
    return "the broker's name is missing in \"" + std::string(uri) + "\"";
  }
  const std::string_view port = host_end < authority.size() ? authority.substr(host_end) : std::string_view();
  if (port.empty()) {
    return {};
  }
  const bool is_number =
      port.size() >= 2 && port.size() <= 6 && port[0] == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  const int number = is_number ? std::atoi(std::string(port.substr(1)).c_str()) : 0;  // NOLINT(cert-err34-c): checked digits
  return number >= 1 && number <= 65535 ? std::string() : "the port in \"" + std::string(uri) + "\" must be from 1 to 65535";
}

}  // namespace

void ConfigValue::optional_line(std::string& out) {
  if (const std::string* given = text()) {
    if (is_one_line(*given, longest_name)) {
      out = *given;
    } else {
      wrong("expected one line of at most 64 bytes");
    }
  }
}

void ConfigValue::line(std::string& out) {
  if (node_.kind == ConfigNode::Kind::text && node_.text.empty()) {
    wrong("must not be empty");
  } else {
    optional_line(out);
  }
}

void ConfigValue::node_id(std::string& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  if (given->empty() || given->size() > longest_name || !is_made_of(*given, "_-")) {
    wrong("expected 1 to 64 letters a-z, A-Z, digits, \"_\" or \"-\", got \"" + *given + "\"");
  } else {
    out = *given;
  }
}

void ConfigValue::path(std::string& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  if (!given->starts_with('/') || !is_one_line(*given, longest_path)) {
    wrong("expected an absolute path like \"/etc/...\", got \"" + *given + "\"");
  } else {
    out = *given;
  }
}

void ConfigValue::optional_path(std::string& out) {
  if (node_.kind == ConfigNode::Kind::text && node_.text.empty()) {
    out.clear();
  } else {
    path(out);
  }
}

void ConfigValue::secret_path(std::string& out) {
  const bool is_credential = node_.kind == ConfigNode::Kind::text && !node_.text.empty() && is_made_of(node_.text, "._-");
  if (is_credential) {
    out = credentials_directory() + "/" + node_.text;
  } else {
    optional_path(out);
  }
}

void ConfigValue::socket_path(std::string& out) {
  if (node_.kind == ConfigNode::Kind::text && node_.text.size() > longest_socket_path) {
    wrong("the path of a socket has at most 107 bytes");
  } else {
    path(out);
  }
}

void ConfigValue::topic(std::string& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  if (!is_topic(*given)) {
    wrong("expected a topic like \"home/voip-qos\" without \"+\", \"#\" and \"$\", not beginning or ending with \"/\"");
  } else {
    out = *given;
  }
}

void ConfigValue::topics(std::vector<std::string>& out) {
  auto list = texts();
  if (!list) {
    return;
  }
  if (list->size() > most_items || !std::all_of(list->begin(), list->end(), is_topic)) {
    wrong(
        "expected at most 64 topics like [\"phone/answers\"] without \"+\", \"#\" and \"$\", not beginning or ending with \"/\"");
  } else {
    out = std::move(*list);
  }
}

void ConfigValue::link_name(std::string& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  if (is_link_name(*given)) {
    out = *given;
  } else {
    wrong("expected the name of a network device like \"eth1\" (at most 15 characters), got \"" + *given + "\"");
  }
}

void ConfigValue::optional_link_name(std::string& out) {
  if (node_.kind == ConfigNode::Kind::text && node_.text.empty()) {
    out.clear();
  } else {
    link_name(out);
  }
}

void ConfigValue::link_names(std::vector<std::string>& out) {
  auto list = texts();
  if (!list) {
    return;
  }
  if (list->size() > most_items || !std::all_of(list->begin(), list->end(), is_link_name)) {
    wrong("expected at most 64 names of network devices like [\"br-lan\"]");
  } else {
    out = std::move(*list);
  }
}

void ConfigValue::command(std::vector<std::string>& out) {
  auto list = texts();
  if (!list) {
    return;
  }
  if (list->size() > most_items || (!list->empty() && !list->front().starts_with('/'))) {
    wrong("expected the absolute path of a program and its arguments, like [\"/usr/local/bin/qos\", \"on\"]");
  } else {
    out = std::move(*list);
  }
}

void ConfigValue::program(std::string& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  const bool is_path = given->starts_with('/') && is_one_line(*given, longest_path);
  if (is_path || (!given->empty() && given->size() <= longest_name && is_made_of(*given, "._-"))) {
    out = *given;
  } else {
    wrong("expected the name of a program or its absolute path, without arguments, got \"" + *given + "\"");
  }
}

void ConfigValue::broker_uris(std::vector<std::string>& out) {
  std::optional<std::vector<std::string>> list;
  if (node_.kind == ConfigNode::Kind::text) {
    list = {node_.text};
  } else {
    list = texts();
  }
  if (!list) {
    return;
  }
  constexpr std::size_t most_brokers = 8;
  if (list->size() > most_brokers) {
    wrong("at most 8 brokers, got " + std::to_string(list->size()));
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (const std::string problem = uri_problem((*list)[i]); !problem.empty()) {
      wrong_at(node_.items.empty() ? node_.place : node_.items[i].place, problem);
      return;
    }
  }
  out = std::move(*list);
}

void ConfigValue::hostname(std::string& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  if (given->empty() || given->size() > longest_hostname || !is_made_of(*given, ".-_")) {
    wrong("expected the name that the device tells by DHCP, like \"kitchen-phone\", got \"" + *given + "\"");
  } else {
    out = *given;
  }
}

}  // namespace voip
