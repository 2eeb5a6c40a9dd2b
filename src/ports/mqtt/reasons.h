// What a number that a broker gives as its reason means.
#pragma once

#include <string>
#include <vector>

#include "ports/mqtt/inbox.h"

namespace voip {

// Reasons of MQTT 5 (section 2.4) that change what we do.
inline constexpr int session_taken_over = 0x8e;
inline constexpr int packet_too_large = 0x95;
inline constexpr int retain_not_supported = 0x9a;
inline constexpr int qos_not_supported = 0x9b;

// In words, for people: a return code of MQTT 3.1.1 (section 3.2.2.3), a reason code of MQTT 5 or, negative, the library's own.
std::string mqtt_words_for(int code);
// What a broker cannot do that most can, and what follows from it: "keeps no retained messages: ..."
std::vector<std::string> words_for(const MqttLimits& limits);

}  // namespace voip
