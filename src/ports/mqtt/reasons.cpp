#include "ports/mqtt/reasons.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace voip {
namespace {

struct CodeWords {
  int code;
  std::string_view words;
};

constexpr std::string_view wrong_version = "the broker does not speak this MQTT version: try the other one in mqtt.version";
constexpr std::string_view wrong_client_id = "the broker refuses the client id";
constexpr std::string_view unavailable = "the broker says that it is unavailable";
constexpr std::string_view wrong_password = "wrong user name or password";
constexpr std::string_view not_authorised = "not authorised: wrong user name or password, or the broker's access list forbids it";

// For the longest that we say: discovery with many devices.
constexpr std::size_t enough_bytes = 32'768;

constexpr std::array<CodeWords, 43> reasons{{
    {0x00, "the broker ended the connection without giving a reason"},
    {0x01, wrong_version},
    {0x02, wrong_client_id},
    {0x03, unavailable},
    {0x04, wrong_password},
    {0x05, not_authorised},
    {0x80, "the broker gives no reason"},
    {0x81, "the broker could not read a packet of ours"},
    {0x82, "the broker finds that we break the protocol"},
    {0x83, "the broker cannot do that"},
    {0x84, wrong_version},
    {0x85, wrong_client_id},
    {0x86, wrong_password},
    {0x87, not_authorised},
    {0x88, unavailable},
    {0x89, "the broker is busy"},
    {0x8a, "the broker has banned this client"},
    {0x8b, "the broker shuts down"},
    {0x8c, "the broker wants another way to log in"},
    {0x8d, "the broker heard nothing for longer than the keep-alive"},
    {session_taken_over, "another client uses the same client id"},
    {0x8f, "the broker does not allow that filter"},
    {0x90, "the broker does not allow that topic"},
    {0x91, "the broker finds a packet number in use twice"},
    {0x92, "the broker does not know the packet number"},
    {0x93, "we sent more at once than the broker takes"},
    {0x94, "the broker does not know the topic's alias"},
    {packet_too_large, "a packet was too large for the broker"},
    {0x96, "we sent too much too fast for the broker"},
    {0x97, "the broker's quota is exceeded"},
    {0x98, "the broker's administrator ended the connection"},
    {0x99, "the broker does not like the format of a payload"},
    {retain_not_supported, "the broker keeps no retained messages"},
    {qos_not_supported, "the broker takes messages of QoS 0 only"},
    {0x9c, "the broker says that another one is to be used now"},
    {0x9d, "the broker has moved for good: correct mqtt.uri"},
    {0x9e, "the broker has no shared subscriptions"},
    {0x9f, "the broker has seen too many connections at once"},
    {0xa0, "the broker allows a connection only for a while, which is over"},
    {0xa1, "the broker has no subscription numbers"},
    {0xa2, "the broker has no wildcards in subscriptions"},
    {-1, "the library gives no reason"},
    {-3, "the connection was lost"},
}};

}  // namespace

std::string mqtt_words_for(int code) {
  const auto* const found =
      std::find_if(reasons.begin(), reasons.end(), [code](const CodeWords& one) { return one.code == code; });
  const std::string number = "code " + std::to_string(code);
  return found == reasons.end() ? number : std::string(found->words) + (code >= 0x80 ? " (" + number + ")" : "");
}

std::vector<std::string> words_for(const MqttLimits& limits) {
  std::vector<std::string> words;
  if (!limits.keeps_retained) {
    words.emplace_back("keeps no retained messages: who subscribes later, or starts anew, sees nothing before something changes");
  }
  if (limits.most_qos == 0) {
    words.emplace_back("takes messages of QoS 0 only: what is on its way when the connection breaks is lost");
  }
  if (limits.largest_packet < enough_bytes) {
    words.emplace_back("takes packets of " + std::to_string(limits.largest_packet) +
                       " bytes at most: what is larger, such as what Home Assistant is told of the devices, is left out");
  }
  return words;
}

}  // namespace voip
