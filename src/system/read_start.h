// The text of a small file, as those in /proc are.
#pragma once

#include <cstddef>
#include <string>

namespace voip {

// At most so many bytes from its beginning; empty where there is none, or it cannot be read.
std::string read_start(const std::string& path, std::size_t most = 1UL << 20U);

}  // namespace voip
