// How a status reads: the same words for `status`, `qos` and `watch`. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/common/status_reading.h"
#include "terminal/styled_line.h"

namespace voip {

inline constexpr const char* no_counters = "no counters: it began before accounting was on";

std::string reason_in_words(std::string_view reason);                  // "call" -> "a call is up"
std::string clock(std::string_view moment, std::string_view now);      // "18:05:09 UTC", with its date if that is not today's
std::string span(std::int64_t seconds);                                // "1:23", "1:02:03"
std::string rate(std::int64_t bit_per_s, std::int32_t packets_per_s);  // "87.2 kbit/s 50/s"
// How long it has been up, and what is known of it: "1:23", "1:23 video", "0:02 presumed".
std::string call_words(const SeenCall& call);
Line qos_words(const SeenStatus& status);          // "off, wanted on (a call is up)"
std::string mode_words(const SeenStatus& status);  // "on, until 18:05:09 UTC"
Piece sight_words(const SeenStatus& status);       // "the detector is blind: no privilege"
// "9.8 / 48 Mbit/s (up / down), learnt 3 h ago; the upload is full; up queue 310 ms, down queue 0 ms"; empty where the daemon
// says nothing of the line.
Line line_words(const SeenStatus& status);
// "good (MOS 4.3, 0.2 % of the packets missing), of Kitchen phone"; empty where there was no call.
Line quality_words(const SeenStatus& status);
std::vector<Piece> problems(const SeenStatus& status);  // of the actuator and the detector

bool is_near(const SeenFlow& flow);                     // no call, but two thirds of the way to one
std::string reason_beside_score(const SeenFlow& flow);  // shorter: the score is shown anyway, and "50 packets/s" is "50/s" there

}  // namespace voip
