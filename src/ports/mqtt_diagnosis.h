// Why there is no connection to a broker, in words for people. The library tells only that there is none; its trace tells more of
// names and TLS, and the way to the broker can be tried without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voip {

// What a line of the library's trace tells of a failure; empty: that all is well after all; none: nothing.
std::optional<std::string> words_for_trace(std::string_view line);

// Looks for the broker's name and knocks at its port: why nobody can be had there, in words; none: somebody listens. Takes
// seconds where nobody answers, and a name server may hang for longer: not for the loop's thread.
std::optional<std::string> why_out_of_reach(const std::string& uri);

// Looks for the broker's name and knocks at its port. Takes seconds where nobody answers: not for the loop's thread.
std::string diagnose_broker(const std::string& uri);

}  // namespace voip
