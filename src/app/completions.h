// What lets a shell complete commands, options, and the words and files that belong to them, with the TAB key.
#pragma once

#include <string>
#include <string_view>

#include "app/command_description.h"

namespace voip {

// `shell` is "bash", "zsh" or "fish"; the text is what that shell reads.
std::string completions(const ProgramDescription& program, std::string_view shell);

std::string bash_completions(const ProgramDescription& program);
std::string zsh_completions(const ProgramDescription& program);
std::string fish_completions(const ProgramDescription& program);

}  // namespace voip
