// The files that setup writes: each is what it was or what it is to be, whatever happens meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace voip {

// Where the configuration really is, if a symbolic link leads to it; no link is ever replaced.
std::string real_path(const std::string& path);

// The whole text; nothing where there is no such file.
Result<std::optional<std::string>> read_text(const std::string& path);

// Whether it could be written now; an error says what to do.
Status check_writable(const std::string& path);

// What was there is kept as PATH.old. Neither is touched where it has this text already. The mode and the owner of a file that is
// there stay; a new one has `mode`.
enum class Written : std::uint8_t { nothing_new, written };
Result<Written> write_and_keep_old(const std::string& path, const std::string& text, unsigned mode);

// PATH.old in the place of PATH. An error where there is none.
Status put_old_back(const std::string& path);

bool has_old(const std::string& path);

}  // namespace voip
