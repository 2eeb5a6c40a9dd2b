// The text of the file in which the rates of the line are kept over a restart. Pure; ports/line/line.h reads and writes it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/line_state.h"
#include "core/time.h"

namespace voip {

// One moment on both clocks: that of the engine, which begins anew with each start of the machine, and the calendar.
struct LineMoment {
  Instant instant;
  std::chrono::system_clock::time_point wall;
};

struct KeptLine {
  std::string device;  // of the WAN: another one is another line
  LineState line;      // its rates only
};

std::string to_text(const KeptLine& kept, const LineMoment& now);
// Empty: it is not the whole of such a text, or says what cannot be. Moments that have not come yet are taken for now: a router
// without a battery starts years behind.
std::optional<KeptLine> parse_kept_line(std::string_view text, const LineMoment& now);
// Whether a file that says `in_file` may stay as it is: what is known now says nothing much else, and not much later.
bool is_kept(const KeptLine& in_file, const KeptLine& wanted);

}  // namespace voip
