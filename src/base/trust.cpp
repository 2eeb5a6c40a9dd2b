#include "base/trust.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/system_error.h"

namespace voip {
namespace {

// UID_MIN and UID_MAX of login.defs(5); the others are accounts of the system, "nobody" among them.
constexpr uid_t first_person = 1000;
constexpr uid_t last_person = 60'000;
constexpr uid_t last_account = 65'534;  // above are those of containers

// A group of which only root or ourselves are.
bool is_our_group(gid_t group) {
  return group == 0 || group == getegid();
}

bool others_may_write(const struct stat& status) {
  return (status.st_mode & S_IWOTH) != 0 || ((status.st_mode & S_IWGRP) != 0 && !is_our_group(status.st_gid));
}

Status check_part(const std::string& part, bool is_last) {
  struct stat status {};
  if (lstat(part.c_str(), &status) != 0) {
    return errno == ENOENT ? Status() : Status(system_error("look at " + part));
  }
  if (!is_ours(status)) {
    return Error{part + " belongs to somebody else"};
  }
  const bool is_protected = S_ISLNK(status.st_mode) || (!is_last && (status.st_mode & S_ISVTX) != 0);
  return others_may_write(status) && !is_protected ? Error{"others may write to " + part} : Status();
}

Status check_parts(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    if (Status part = check_part(path.substr(0, end), false); !part) {
      return part;
    }
  }
  return check_part(path, true);
}

}  // namespace

bool is_ours(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == geteuid();
}

bool is_person(uid_t user) {
  return (user >= first_person && user <= last_person) || user > last_account;
}

bool is_of_the_system(const struct stat& status) {
  return (is_ours(status) || !is_person(status.st_uid)) && (status.st_mode & S_IWOTH) == 0;
}

Status check_directory_is_ours(const std::string& path) {
  if (Status parts = check_parts(path); !parts) {
    return parts;
  }
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), &std::free);
  return real ? check_parts(real.get()) : Status();
}

}  // namespace voip
