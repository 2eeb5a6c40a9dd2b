#include "ports/mqtt/diagnosis.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "ports/mqtt/address.h"
#include "ports/mqtt/names.h"

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
      {"unknown CA",
       "the broker's certificate is not signed by anybody in mqtt.ca_file; an intermediate authority there is not enough, it "
       "takes the root"},
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

// 0, or the system's reason.
int knock(const std::string& address, std::uint16_t port, int limit_ms) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* raw = nullptr;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &raw) != 0) {
    return EINVAL;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw, &freeaddrinfo);
  const UniqueFd socket_fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_fd) {
    return errno;
  }
  if (connect(socket_fd.get(), found->ai_addr, found->ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  pollfd waiting{socket_fd.get(), POLLOUT, 0};
  if (poll(&waiting, 1, limit_ms) <= 0) {
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

Result<std::string> find_broker(const std::string& uri, Knock when, std::size_t turn) {
  const MqttAddress broker = parse_mqtt_uri(uri);
  Result<std::vector<std::string>> found = addresses_of(broker.host);
  if (!found) {
    return Error{found.error()};
  }
  const std::vector<std::string>& addresses = *found;
  const bool has_choice = addresses.size() > 1;
  if (!has_choice && when == Knock::if_there_is_a_choice) {
    return addresses.front();
  }
  std::vector<std::string> reasons(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::size_t at = (turn + i) % addresses.size();
    const int reason = knock(addresses[at], broker.port, has_choice ? knock_limit_ms / 2 : knock_limit_ms);
    if (reason == 0) {
      return addresses[at];
    }
    reasons[at] = words_for(reason, std::to_string(broker.port)) + (has_choice ? " (" + addresses[at] + ")" : "");
  }
  std::string why = reasons.front();
  std::for_each(reasons.begin() + 1, reasons.end(), [&](const std::string& one) { why += "; " + one; });
  return Error{why};
}

std::string diagnose_broker(const std::string& uri) {
  if (const auto found = find_broker(uri, Knock::always); !found) {
    return found.error();
  }
  const MqttAddress broker = parse_mqtt_uri(uri);
  return "somebody listens on port " + std::to_string(broker.port) + " there but does not answer as a broker does: it hangs, " +
         (broker.has_tls ? "that port is not for TLS, or it wants a certificate (mqtt.cert_file) of us"
                         : "or that port is for something else, such as TLS");
}

}  // namespace voip
