#include "system/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/system_error.h"
#include "base/trust.h"
#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr const char* setting = " (node.state_dir)";

Error failure(const std::string& doing, int error) {
  return Error{system_error(doing, error).message + setting};
}

// Somebody else's directory could tell us to switch QoS off for a year, or have us write where others keep something.
Result<UniqueFd> open_directory(const std::string& path) {
  if (const Status ours = check_directory_is_ours(path); !ours) {
    return Error{"use " + path + ": " + ours.error() + setting};
  }
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory ? Result<UniqueFd>(std::move(directory)) : failure("open " + path, errno);
}

// Of a directory some file systems cannot do it, and need not.
int sync(const UniqueFd& fd) {
  return fsync(fd.get()) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

int write_and_sync(const UniqueFd& file, std::string_view text) {
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    return written < 0 ? errno : ENOSPC;
  }
  return sync(file);
}

Status check_file_is_ours(const UniqueFd& file, const std::string& doing, struct stat& status) {
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_ours(status) || (status.st_mode & S_IWOTH) != 0) {
    return Error{doing + ": it is no file of ours, or everybody may write to it" + setting};
  }
  return {};
}

Error too_large(const std::string& doing, std::size_t largest) {
  return Error{doing + ": it is larger than " + std::to_string(largest / 1024) + " KiB, so it is not ours"};
}

Result<UniqueFd> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return failure("make " + path, errno);
  }
  return open_directory(path);
}

// The last line has its end, or there is none.
bool ends_with_a_line(const UniqueFd& file, off_t size) {
  char last = '\n';
  return size == 0 || pread(file.get(), &last, 1, size - 1) != 1 || last == '\n';
}

}  // namespace

Result<std::optional<std::string>> read_state_file(const std::string& directory, const char* name, std::size_t largest) {
  using Text = std::optional<std::string>;
  if (access(directory.c_str(), F_OK) != 0 && errno == ENOENT) {
    return Text();
  }
  const Result<UniqueFd> opened = open_directory(directory);
  if (!opened) {
    return Error{opened.error()};
  }
  const std::string path = directory + "/" + name;
  const UniqueFd file(openat(opened->get(), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    return errno == ENOENT ? Result<Text>(Text()) : failure("read " + path, errno);
  }
  struct stat status {};
  if (const Status ours = check_file_is_ours(file, "read " + path, status); !ours) {
    return Error{ours.error()};
  }
  std::string text(std::min(largest, static_cast<std::size_t>(status.st_size)) + 1, '\0');
  const ssize_t length = ::read(file.get(), text.data(), text.size());
  if (length < 0) {
    return failure("read " + path, errno);
  }
  if (static_cast<std::size_t>(length) > largest) {
    return too_large("read " + path, largest);
  }
  text.resize(static_cast<std::size_t>(length));
  return Text(std::move(text));
}

Status write_state_file(const std::string& directory, const char* name, std::string_view text) {
  const Result<UniqueFd> opened = make_directory(directory);
  if (!opened) {
    return Error{opened.error()};
  }
  const std::string path = directory + "/" + name;
  const std::string new_name = std::string(name) + ".new";
  UniqueFd file(
      openat(opened->get(), new_name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file) {
    return failure("write " + path + ".new", errno);
  }
  // On the disk before it has the name: else a loss of power may leave the name to an empty file.
  if (const int error = write_and_sync(file, text); error != 0) {
    unlinkat(opened->get(), new_name.c_str(), 0);
    return failure("write " + path + ".new", error);
  }
  file.reset();
  if (renameat(opened->get(), new_name.c_str(), opened->get(), name) != 0) {
    return failure("write " + path, errno);
  }
  const int error = sync(*opened);
  return error == 0 ? Status() : failure("write " + path + " to the disk", error);
}

Status append_to_state_file(const std::string& directory, const char* name, std::string_view lines, std::size_t largest) {
  const Result<UniqueFd> opened = make_directory(directory);
  if (!opened) {
    return Error{opened.error()};
  }
  const std::string doing = "write " + directory + "/" + name;
  const UniqueFd file(openat(opened->get(), name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file) {
    return failure(doing, errno);
  }
  struct stat before {};
  if (Status ours = check_file_is_ours(file, doing, before); !ours) {
    return ours;
  }
  if (static_cast<std::size_t>(before.st_size) >= largest) {
    return too_large(doing, largest);
  }
  const std::string text = (ends_with_a_line(file, before.st_size) ? "" : "\n") + std::string(lines);
  if (const int error = write_and_sync(file, text); error != 0) {
    const bool is_undone = ftruncate(file.get(), before.st_size) == 0;
    return failure(doing + (is_undone ? "" : ", of which a part may be there now"), error);
  }
  const int error = before.st_size == 0 ? sync(*opened) : 0;
  return error == 0 ? Status() : failure(doing + " to the disk", error);
}

Status remove_state_file(const std::string& directory, const char* name) {
  if (access(directory.c_str(), F_OK) != 0 && errno == ENOENT) {
    return {};
  }
  const Result<UniqueFd> opened = open_directory(directory);
  if (!opened) {
    return Error{opened.error()};
  }
  return unlinkat(opened->get(), name, 0) == 0 || errno == ENOENT ? Status() : failure("remove " + directory + "/" + name, errno);
}

}  // namespace voip
