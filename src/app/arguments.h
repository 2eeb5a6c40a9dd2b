// What was typed, word for word, and the options that it means: durations and spans of time are checked here, and a wrong one is
// told with what was expected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/options.h"

namespace voip {

struct Arguments {
  std::optional<std::string> config;
  std::optional<std::string> socket;
  std::string mode;
  std::string time_limit;
  std::string interval;
  bool explains = false;
  std::vector<std::string> files;
  bool as_json = false;
  std::string output = "-";
  bool masks_remote = false;
  bool masks_lan = false;
  std::vector<std::string> calls;
  std::string days;
  bool takes_what_is_found = false;
  bool undoes = false;
  std::string help_topic;
  bool wants_manual = false;
  std::string completions_for;  // a shell
};

// For every command but help. The arguments are used up.
Options to_options(const std::string& command, Arguments& arguments);

// With a hint at the help, of `command` where that is known.
TextOptions wrong_usage(const std::string& problem, const std::string& command = {});

}  // namespace voip
