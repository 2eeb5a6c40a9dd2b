#include "commands/setup/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/regular_file.h"
#include "base/system_error.h"
#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr std::size_t largest_file = 1UL << 20U;  // of a configuration

struct Access {
  mode_t mode = 0;
  std::optional<uid_t> user{};
  gid_t group = 0;
};

std::string folder_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// Of a folder some file systems cannot do it, and need not.
bool sync(int fd) {
  return ::fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return true;
}

// On the disk before it has the name: else a loss of power may leave the name to an empty file.
Status replace(const std::string& path, const std::string& text, const Access& access) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    return system_error("write " + fresh);
  }
  // Whom it belongs to, root alone can say; whoever else owns the file owns the new one too.
  const bool is_given = !access.user || ::fchown(file.get(), *access.user, access.group) == 0 || errno == EPERM;
  if (!is_given || !write_all(file.get(), text) || ::fchmod(file.get(), access.mode) != 0 || !sync(file.get())) {
    const Error error = system_error("write " + fresh);
    ::unlink(fresh.c_str());
    return error;
  }
  file.reset();
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    const Error error = system_error("write " + path);
    ::unlink(fresh.c_str());
    return error;
  }
  const UniqueFd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && !sync(folder.get()) ? system_error("write " + path + " to the disk") : Status();
}

}  // namespace

std::string real_path(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

Result<std::optional<std::string>> read_text(const std::string& path) {
  if (struct stat status{}; ::stat(path.c_str(), &status) != 0 && errno == ENOENT) {
    return std::optional<std::string>();
  }
  const auto file = open_regular_file(path, O_RDONLY);
  auto text = file ? read_text(*file, largest_file + 1) : Result<std::string>(Error{file.error()});
  if (!text) {
    return Error{"read " + path + ": " + text.error()};
  }
  if (text->size() > largest_file) {
    return Error{"read " + path + ": it is larger than 1 MiB"};
  }
  return std::optional(std::move(*text));
}

Status check_writable(const std::string& path) {
  std::string folder = folder_of(path);
  while (!is_there(folder) && folder != "/" && folder != ".") {
    folder = folder_of(folder);
  }
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
    return {};
  }
  const std::string advice = ::geteuid() == 0 ? "" : ": run it as root, like `sudo voip-qosd setup`";
  return Error{system_error("write to " + folder).message + advice};
}

Result<Written> write_and_keep_old(const std::string& path, const std::string& text, unsigned mode) {
  std::error_code error;
  const std::string folder = folder_of(path);
  if (!is_there(folder) && !std::filesystem::create_directories(folder, error) && error) {
    return Error{"make " + folder + ": " + error.message()};
  }
  auto before = read_text(path);
  if (!before) {
    return Error{before.error()};
  }
  Access access{.mode = static_cast<mode_t>(mode)};
  if (*before) {
    struct stat status {};
    if (**before == text) {
      return Written::nothing_new;
    }
    if (::stat(path.c_str(), &status) == 0) {
      access = {.mode = status.st_mode & 0777U, .user = status.st_uid, .group = status.st_gid};
    }
    if (const Status kept = replace(path + ".old", **before, access); !kept) {
      return Error{kept.error()};
    }
    access.mode &= static_cast<mode_t>(mode);  // never wider than it is to be
  }
  const Status written = replace(path, text, access);
  return written ? Result<Written>(Written::written) : Error{written.error()};
}

bool has_old(const std::string& path) {
  return is_there(path + ".old");
}

Status put_old_back(const std::string& path) {
  return ::rename((path + ".old").c_str(), path.c_str()) == 0 ? Status() : system_error("put " + path + ".old back");
}

}  // namespace voip
