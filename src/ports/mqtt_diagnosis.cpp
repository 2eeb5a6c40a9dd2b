#include "ports/mqtt_diagnosis.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "base/unique_fd.h"
#include "ports/mqtt_address.h"

namespace voip {
namespace {

constexpr int knock_limit_ms = 3'000;

bool has(std::string_view line, std::string_view part) {
  return line.find(part) != std::string_view::npos;
}

// The name of an alert (RFC 8446, section 6) as the library prints it: "SSL alert write:fatal:certificate expired".
std::string alert_in(std::string_view line) {
  return std::string(line.substr(line.rfind(':') + 1));
}

std::string words_for_our_alert(const std::string& alert) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> known{{
      {"certificate expired", "the broker's certificate has expired, or the clock is wrong"},
      {"unknown CA", "the broker's certificate is not signed by anybody in mqtt.ca_file"},
      {"bad certificate", "the broker's certificate is not valid (yet), or the clock is wrong"},
      {"protocol version", "the broker speaks only versions of TLS that are no longer safe"},
  }};
  for (const auto& [name, words] : known) {
    if (alert == name) {
      return std::string(words);
    }
  }
  return "TLS with the broker failed: " + alert;
}

std::string no_address(std::string_view name, int reason) {
  return "no address for the name " + std::string(name) + " (DNS: " + gai_strerror(reason) + ")";
}

// "getaddrinfo failed for addr NAME with rc -2"
std::optional<std::string> words_for_name_in(std::string_view line) {
  constexpr std::string_view before = "for addr ";
  constexpr std::string_view between = " with rc ";
  const std::size_t name = line.find(before) + before.size();
  const std::size_t end = line.find(between, name);
  int reason = 0;
  if (end == std::string_view::npos ||
      std::from_chars(line.data() + end + between.size(), line.data() + line.size(), reason).ec != std::errc{}) {
    return std::nullopt;
  }
  return no_address(line.substr(name, end - name), reason);
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// The same choice that the library makes: IPv4 first.
const addrinfo* choose(const addrinfo* first) {
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      return one;
    }
  }
  return first;
}

// 0, or the system's reason.
int knock(const addrinfo& address) {
  const UniqueFd socket_fd(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_fd) {
    return errno;
  }
  if (connect(socket_fd.get(), address.ai_addr, address.ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  pollfd waiting{socket_fd.get(), POLLOUT, 0};
  if (poll(&waiting, 1, knock_limit_ms) <= 0) {
    return ETIMEDOUT;
  }
  int reason = 0;
  socklen_t length = sizeof reason;
  return getsockopt(socket_fd.get(), SOL_SOCKET, SO_ERROR, &reason, &length) == 0 ? reason : errno;
}

std::string words_for(int reason, const std::string& port) {
  switch (reason) {
    case ECONNREFUSED:
      return "connection refused: nobody listens on port " + port + " there";
    case ENETUNREACH:
    case EHOSTUNREACH:
      return "no route to it (" + std::string(std::strerror(reason)) + ")";
    case ETIMEDOUT:
      return "no answer from port " + port + " there: it is off, or a firewall drops what we send";
    default:
      return std::strerror(reason);
  }
}

}  // namespace

std::optional<std::string> words_for_trace(std::string_view line) {
  if (has(line, "getaddrinfo failed for addr ")) {
    return words_for_name_in(line);
  }
  if (has(line, "SSL alert write:fatal:")) {
    return words_for_our_alert(alert_in(line));
  }
  if (has(line, "SSL alert read:fatal:")) {
    // A certificate that is wanted has no name yet in every version of OpenSSL: "unknown".
    const std::string alert = alert_in(line);
    const bool is_about_us = has(alert, "certificate") || has(alert, "handshake") || has(alert, "unknown");
    return "the broker broke TLS off (" + alert + (is_about_us ? "): look at mqtt.cert_file and mqtt.key_file" : ")");
  }
  if (has(line, "X509_check_host for hostname") && has(line, "failed")) {
    return "the broker's certificate is for another host name than the one in mqtt.uri";
  }
  if (has(line, "rc from X509_check_ip_asc is 1")) {
    return "";
  }
  if (has(line, "SSL_CTX_use_PrivateKey_file")) {
    return "mqtt.key_file has no key that can be used, or not the one of mqtt.cert_file";
  }
  if (has(line, "SSL_CTX_use_certificate_chain_file")) {
    return "mqtt.cert_file has no certificate that can be used";
  }
  if (has(line, "SSL_CTX_load_verify_locations")) {
    return "mqtt.ca_file has no certificate that can be used";
  }
  return std::nullopt;
}

std::optional<std::string> why_out_of_reach(const std::string& uri) {
  const MqttAddress broker = parse_mqtt_uri(uri);
  const std::string port = std::to_string(broker.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(broker.host.c_str(), port.c_str(), &hints, &found); failed != 0) {
    return no_address(broker.host, failed);
  }
  const Addresses addresses(found, &freeaddrinfo);
  if (const int reason = knock(*choose(addresses.get())); reason != 0) {
    return words_for(reason, port);
  }
  return std::nullopt;
}

std::string diagnose_broker(const std::string& uri) {
  if (auto why = why_out_of_reach(uri)) {
    return std::move(*why);
  }
  const MqttAddress broker = parse_mqtt_uri(uri);
  return "somebody listens on port " + std::to_string(broker.port) + " there but does not answer as a broker does: it hangs, " +
         (broker.has_tls ? "that port is not for TLS, or it wants a certificate (mqtt.cert_file) of us"
                         : "or that port is for something else, such as TLS");
}

}  // namespace voip
