// Reads the configuration file into Settings, or tells every problem in it at once, each with its line and column.
// Only config/config.cpp knows the TOML library.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/settings.h"

namespace voip {

inline constexpr const char* default_config_path = "/etc/voip-qosd/voip-qosd.toml";

struct Problem {
  std::string file;
  int line = 0;  // counted from 1; 0: the file as a whole
  int column = 0;
  std::string message;
};

std::string to_string(const Problem& problem);  // "file:line:column: message"

using LoadedSettings = std::variant<Settings, std::vector<Problem>>;

// Whether what the settings name (password, certificates, scripts, the socket's and the log's place, the group) is looked at. A
// replay of a router's settings on another machine does not need them. Credentials of the service are there only while it runs:
// who checks beforehand cannot see them.
enum class NamedFiles { checked, but_credentials, ignored };
// What of them a command can look at: where systemd runs, root and whoever logs in do not see the credentials that the service
// will have. The service does.
NamedFiles to_be_checked_here();

// A file that does not exist is a problem.
LoadedSettings load_settings(const std::string& path, NamedFiles named_files = NamedFiles::checked);
// The default file, or the defaults if there is none.
LoadedSettings load_default_settings(NamedFiles named_files = NamedFiles::checked);
// `file` is only the name for the problems.
LoadedSettings parse_settings(std::string_view text, const std::string& file, NamedFiles named_files = NamedFiles::checked);

// One key as a file gives it, with its value as TOML writes it: {"qos", 0, "actuator", "\"tc\""}.
struct GivenSetting {
  std::string section;
  std::size_t number = 0;  // of several tables of that name ([[device]]), counted from 0
  std::string key;
  std::string value;
};
// All that it gives, in its order; nothing where it is no TOML. Whether the values are right is not looked at.
std::vector<GivenSetting> given_settings(std::string_view text);

// A text as a basic string of TOML.
std::string toml_string(std::string_view text);

// For commands: of the file given, or of the default. Its problems go to standard error, one a line; then there is no value.
std::optional<Settings> load_or_complain(const std::optional<std::string>& config, NamedFiles named_files = NamedFiles::checked);

}  // namespace voip
