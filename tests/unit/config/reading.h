// A configuration as text, and what comes of it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace voip::test {

inline Settings good(std::string_view text, NamedFiles named_files = NamedFiles::ignored) {
  const LoadedSettings loaded = parse_settings(text, "test.toml", named_files);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    ADD_FAILURE() << text << "\n" << to_string(problems->front());
    return {};
  }
  return std::get<Settings>(loaded);
}

inline std::vector<std::string> problems_in(std::string_view text, NamedFiles named_files = NamedFiles::ignored) {
  std::vector<std::string> found;
  const LoadedSettings loaded = parse_settings(text, "f", named_files);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    for (const Problem& problem : *problems) {
      found.push_back(to_string(problem));
    }
  }
  return found;
}

// The one problem of the text; several, or none, fail the test.
inline std::string problem_in(std::string_view text, NamedFiles named_files = NamedFiles::ignored) {
  const auto found = problems_in(text, named_files);
  EXPECT_EQ(found.size(), 1U) << text;
  return found.empty() ? std::string() : found.front();
}

}  // namespace voip::test
