// The only way to a file whose path somebody else has written: in the configuration, on the command line.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace voip {

struct RegularFile {
  UniqueFd fd;
  struct stat status {};
};

// Opens the file as open(2) does, and only if it is a regular one: to open a named pipe may wait for ever for its other end, and
// so may whoever reads from it or from a terminal. An error says the reason alone, like "Permission denied".
Result<RegularFile> open_regular_file(const std::string& path, int flags, mode_t mode = 0);

// Its text, or so much of it: one byte more than is allowed tells who asks that it is too long.
Result<std::string> read_text(const RegularFile& file, std::size_t most);

}  // namespace voip
