#include "base/regular_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace voip {

Result<RegularFile> open_regular_file(const std::string& path, int flags, mode_t mode) {
  // ENXIO: a pipe that nobody reads, or a socket.
  RegularFile file{UniqueFd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode)), {}};
  if ((!file.fd && errno != ENXIO) || (file.fd && ::fstat(file.fd.get(), &file.status) != 0)) {
    return Error{std::strerror(errno)};
  }
  if (file.fd && S_ISDIR(file.status.st_mode)) {
    return Error{std::strerror(EISDIR)};
  }
  return file.fd && S_ISREG(file.status.st_mode) ? Result<RegularFile>(std::move(file)) : Error{"it is no regular file"};
}

Result<std::string> read_text(const RegularFile& file, std::size_t most) {
  std::string text(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const ssize_t got = ::read(file.fd.get(), text.data() + length, most - length);
    if (got < 0 && errno != EINTR) {
      return Error{std::strerror(errno)};
    }
    if (got == 0) {
      break;
    }
    length += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  text.resize(length);
  return text;
}

}  // namespace voip
