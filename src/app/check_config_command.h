// The command check-config.
#pragma once

#include <optional>
#include <string>

#include "app/config.h"
#include "app/options.h"

namespace voip {

// The settings of --config, or of the default file. Its problems go to standard error, one a line; then the value is empty.
std::optional<Settings> load_or_complain(const std::optional<std::string>& config, NamedFiles named_files = NamedFiles::checked);

// Returns the exit status.
int check_config_command(const CheckConfigOptions& options);

}  // namespace voip
