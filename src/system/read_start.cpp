#include "system/read_start.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace voip {

std::string read_start(const std::string& path, std::size_t most) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(most, '\0');
  std::size_t length = 0;
  while (file && length < most) {
    const ssize_t got = read(file.get(), text.data() + length, most - length);
    if (got <= 0) {
      break;
    }
    length += static_cast<std::size_t>(got);
  }
  text.resize(length);
  return text;
}

}  // namespace voip
