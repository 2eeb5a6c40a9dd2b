// Why there is no connection to a broker, in words for people. The library tells only that there is none; its trace tells more of
// names and TLS, and the way to the broker can be tried without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace voip {

// What a line of the library's trace tells of a failure; empty: that all is well after all; none: nothing.
std::optional<std::string> words_for_trace(std::string_view line);

// These ask a name server, which may hang: only on a thread that may hang with it (aside.h). A port answers within three seconds
// or is taken to be dead; where a name has several addresses, each within half of that.

enum class Knock : std::uint8_t { if_there_is_a_choice, always };
// The address where a broker can be had, as text, or in words why there is none. Of several it is the first at whose port
// somebody listens; `turn` says with which one to begin, so that one that listens and is of no use does not stand before the
// others.
Result<std::string> find_broker(const std::string& uri, Knock when, std::size_t turn = 0);
// Why the library has failed.
std::string diagnose_broker(const std::string& uri);

}  // namespace voip
