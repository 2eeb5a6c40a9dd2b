#include "app/command_description.h"

#include <algorithm>
#include <iterator>

namespace voip {

std::vector<std::string> choices(const OptionDescription& option) {
  std::vector<std::string> words;
  if (option.value.find('|') == std::string::npos) {
    return words;
  }
  for (std::size_t begin = 0; begin <= option.value.size();) {
    const std::size_t end = std::min(option.value.find('|', begin), option.value.size());
    words.push_back(option.value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<std::string> command_names(const ProgramDescription& program) {
  std::vector<std::string> names;
  std::transform(program.commands.begin(), program.commands.end(), std::back_inserter(names),
                 [](const CommandDescription& command) { return command.name; });
  return names;
}

std::vector<std::string> long_names(const std::vector<OptionDescription>& options) {
  std::vector<std::string> names;
  std::transform(options.begin(), options.end(), std::back_inserter(names),
                 [](const OptionDescription& option) { return option.names.back(); });
  return names;
}

}  // namespace voip
