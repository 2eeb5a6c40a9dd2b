// What the tests of the doctor's judgements ask of checks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "commands/doctor/check.h"

namespace voip {

inline std::ostream& operator<<(std::ostream& out, const Check& check) {
  return out << to_string(check.result) << " " << check.name << ": " << check.seen << " | " << check.fix;
}

// The one of that name; one that nobody expects where there is none or there are several.
inline Check one_of(const Checks& checks, const std::string& name) {
  const auto is_it = [&](const Check& check) { return check.name == name; };
  EXPECT_EQ(std::count_if(checks.begin(), checks.end(), is_it), 1) << name;
  const auto found = std::find_if(checks.begin(), checks.end(), is_it);
  return found == checks.end() ? Check{"nothing", CheckResult::ok, ""} : *found;
}

// Its result, and words of what was seen and of the fix.
inline void expect_check(const Checks& checks, const std::string& name, CheckResult result, const std::string& seen,
                         const std::string& fix) {
  const Check check = one_of(checks, name);
  EXPECT_EQ(check.result, result) << check;
  EXPECT_NE(check.seen.find(seen), std::string::npos) << check << "\nlacks: " << seen;
  EXPECT_NE(check.fix.find(fix), std::string::npos) << check << "\nlacks: " << fix;
  // What is wrong is told with what mends it.
  EXPECT_FALSE(check.result >= CheckResult::warning && check.fix.empty()) << check;
}

inline void expect_ok(const Checks& checks, const std::string& name) {
  const Check check = one_of(checks, name);
  EXPECT_EQ(check.result, CheckResult::ok) << check;
  EXPECT_EQ(check.fix, "") << check;
  EXPECT_NE(check.seen, "") << name;
}

inline bool all_are_ok(const Checks& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.result == CheckResult::ok; });
}

}  // namespace voip
