// A small file in the state directory, which nobody else can have written, and which a loss of power leaves as it was or makes
// new.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace voip {

// Empty: there is no such file, or no directory. An error where others may have had their hand in it, or it is larger than that.
Result<std::optional<std::string>> read_state_file(const std::string& directory, const char* name, std::size_t largest = 4096);

// Makes the directory if need be. The old text or the new one is there afterwards, never a part, whatever happens meanwhile; once
// it returns it is on the disk, for which it waits. On flash that may take seconds.
Status write_state_file(const std::string& directory, const char* name, std::string_view text);

// Makes the directory and the file if need be. Lines go to its end as a whole, and a line that a loss of power has torn off there
// is ended before them; what has an error is not there afterwards. A file that has reached `largest` is not ours. It waits for
// the disk.
Status append_to_state_file(const std::string& directory, const char* name, std::string_view lines, std::size_t largest);

// There may be none.
Status remove_state_file(const std::string& directory, const char* name);

}  // namespace voip
