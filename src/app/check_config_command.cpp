#include "app/check_config_command.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace voip {

std::optional<Settings> load_or_complain(const std::optional<std::string>& config, NamedFiles named_files) {
  LoadedSettings loaded = config ? load_settings(*config, named_files) : load_default_settings(named_files);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    for (const Problem& problem : *problems) {
      std::fprintf(stderr, "%s\n", to_string(problem).c_str());
    }
    return std::nullopt;
  }
  return std::move(std::get<Settings>(loaded));
}

int check_config_command(const CheckConfigOptions& options) {
  if (!load_or_complain(options.config)) {
    return exit_usage;
  }
  if (!options.config && ::access(default_config_path, F_OK) != 0) {
    std::printf("there is no %s: the defaults run, which watch and switch nothing\n", default_config_path);
  } else {
    std::printf("%s: ok\n", options.config.value_or(default_config_path).c_str());
  }
  return exit_done;
}

}  // namespace voip
