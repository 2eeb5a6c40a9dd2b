#include "ports/control/listener.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "base/system_error.h"
#include "base/unix_address.h"

namespace voip {
namespace {

constexpr int backlog = 8;

UniqueFd new_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Whatever is in the way: nothing, a socket that nobody answers on any more, a living daemon, or a stranger's file.
Status clear_the_way(const std::string& path, const UnixAddress& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? Status() : Status(system_error("look for the control socket " + path));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Error{"open the control socket " + path +
                 ": there is a file of that name that is no socket; remove it or set control.socket"};
  }
  const UniqueFd probe = new_socket();
  if (::connect(probe.get(), address.get(), address.length) == 0 || errno == EAGAIN) {
    return Error{"open the control socket " + path +
                 ": another voip-qosd answers on it; stop that one first or set control.socket"};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return system_error("remove the old control socket " + path);
  }
  return {};
}

// One entry of an access list, as the extended attribute holds it: linux/posix_acl_xattr.h, numbers in little endian.
void append_entry(std::string& list, std::uint16_t tag, std::uint16_t rights, std::uint32_t id) {
  const std::uint64_t fields = tag | static_cast<std::uint64_t>(rights) << 16U | static_cast<std::uint64_t>(id) << 32U;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    list += static_cast<char>(fields >> shift & 0xffU);
  }
}

// A user without privileges (the service of systemd) may give nothing away to a group that it is no member of, but let it in.
bool let_in(const std::string& path, gid_t group) {
  constexpr std::uint16_t read_write = 6;
  constexpr std::uint32_t nobody_named = 0xffffffff;
  std::string list("\2\0\0\0", 4);                     // the version
  append_entry(list, 0x01, read_write, nobody_named);  // ACL_USER_OBJ
  append_entry(list, 0x04, 0, nobody_named);           // ACL_GROUP_OBJ
  append_entry(list, 0x08, read_write, group);         // ACL_GROUP
  append_entry(list, 0x10, read_write, nobody_named);  // ACL_MASK
  append_entry(list, 0x20, 0, nobody_named);           // ACL_OTHER
  return ::setxattr(path.c_str(), "system.posix_acl_access", list.data(), list.size(), 0) == 0;
}

Status give_to_group(const std::string& path, const std::string& group) {
  const struct group* entry = ::getgrnam(group.c_str());  // NOLINT(concurrency-mt-unsafe): before any other thread
  if (entry == nullptr) {
    return Error{"let the group " + group + " use the control socket: there is no such group; create it or change control.group"};
  }
  if (::chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) == 0) {
    return ::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) == 0
               ? Status()
               : system_error("let the group " + group + " use the control socket " + path);
  }
  const int error = errno;
  if (error == EPERM && let_in(path, entry->gr_gid)) {
    return {};
  }
  return Error{system_error("give the control socket " + path + " to the group " + group, error).message +
               ": the daemon must be root or a member of it (SupplementaryGroups= of a systemd service)"};
}

}  // namespace

SocketFile file_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? SocketFile{status.st_dev, status.st_ino} : SocketFile{};
}

Result<Listener> open_listener(const ControlSettings& settings) {
  const std::string& path = settings.socket;
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (failed) {
    return Error{"make the directory of the control socket " + path + ": " + failed.message()};
  }
  const auto address = unix_address(path);
  if (!address) {
    return Error{"open the control socket " + path + ": its path is too long"};
  }
  if (auto cleared = clear_the_way(path, *address); !cleared) {
    return Error{cleared.error()};
  }
  UniqueFd listener = new_socket();
  if (!listener) {
    return system_error("create the control socket");
  }
  // The mode is right from the first moment on: the umask counts for bind(2), see unix(7).
  const mode_t old_mask = ::umask(S_IXUSR | S_IRWXG | S_IRWXO);
  const bool is_bound = ::bind(listener.get(), address->get(), address->length) == 0;
  const int bind_error = errno;
  ::umask(old_mask);
  if (!is_bound) {
    errno = bind_error;
    return system_error("open the control socket " + path);
  }
  if (!settings.group.empty()) {
    if (auto given = give_to_group(path, settings.group); !given) {
      return Error{given.error()};
    }
  }
  if (::listen(listener.get(), backlog) != 0) {
    return system_error("listen on the control socket " + path);
  }
  return Listener{std::move(listener), file_of(path)};
}

}  // namespace voip
