// A small file in the state directory, which nobody else can have written, and which a loss of power leaves as it was or makes
// new.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace voip {

// Empty: there is no such file, or no directory. An error where others may have had their hand in it, or it is larger than 4 KiB.
Result<std::optional<std::string>> read_state_file(const std::string& directory, const char* name);

// Makes the directory if need be. The old text or the new one is there afterwards, never a part, whatever happens meanwhile; once
// it returns it is on the disk, for which it waits. On flash that may take seconds.
Status write_state_file(const std::string& directory, const char* name, std::string_view text);

}  // namespace voip
