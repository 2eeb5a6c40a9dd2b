// What the command doctor finds: one check after the other, each with what was seen and what mends it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/facts/facts.h"

namespace voip {

enum class CheckResult : std::uint8_t {
  ok,
  note,     // worth knowing, nothing is wrong; or it could not be looked at
  warning,  // calls are seen and switched for, but not as well as they could be, or not always
  failed,   // calls are not seen, or nothing is switched for them, or nobody hears of it
};
std::string_view to_string(CheckResult result);

struct Check {
  std::string name;  // one word, the same in every run
  CheckResult result = CheckResult::ok;
  std::string seen;
  std::string fix{};  // a command, or lines of the configuration; empty: nothing is to be mended
  friend bool operator==(const Check&, const Check&) = default;
};

using Checks = std::vector<Check>;

// A complaint of the daemon's parts says what is wrong and then, after the first ": " or "; " outside of parentheses, what to do.
struct Complaint {
  std::string what;
  std::string advice;  // empty: it has none
};
Complaint split_advice(std::string_view text);

std::string joined(const std::vector<std::string>& words);  // "a, b, c"

}  // namespace voip
