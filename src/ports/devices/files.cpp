#include "ports/devices/files.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/regular_file.h"
#include "base/trust.h"

namespace voip {
namespace {

// dnsmasq empties its file and writes it anew in one go; what comes within this time is one change.
constexpr Duration change_time = 250ms;
constexpr std::size_t longest_file = 1UL << 20U;
constexpr std::size_t most_files = 32;  // of one pattern
constexpr std::size_t most_watches = 256;
constexpr std::uint32_t folder_changes = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool matches(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
}

std::vector<std::string> files_of(const std::string& path) {
  if (!path.ends_with('*')) {
    return {path};
  }
  std::set<std::string> found;  // sorted: of equals the same is always first
  std::error_code error;
  const std::string pattern = name_of(path);
  for (std::filesystem::directory_iterator entry(folder_of(path), error), end; !error && entry != end; entry.increment(error)) {
    if (matches(pattern, entry->path().filename().native()) && found.size() < most_files) {
      found.insert(entry->path().native());
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace

HostFiles::HostFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {}

HostFiles::~HostFiles() {
  if (loop_ != nullptr) {
    loop_->cancel(timer_);
    loop_->unwatch(inotify_.get());
  }
}

Status HostFiles::open(Loop& loop, std::function<bool(const HostEntry&)> is_wanted,
                       std::function<void(std::vector<HostEntry>)> read) {
  UniqueFd inotify(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) {
    return Error{std::string("follow lease files: open inotify: ") + std::strerror(errno) +
                 ": raise fs.inotify.max_user_instances"};
  }
  if (auto watched = loop.watch(inotify.get(), EPOLLIN, [this](std::uint32_t) { take_changes(); }); !watched) {
    return Error{"follow lease files: " + watched.error()};
  }
  loop_ = &loop;
  inotify_ = std::move(inotify);
  is_wanted_ = std::move(is_wanted);
  read_ = std::move(read);
  read_all();
  return {};
}

void HostFiles::read_all() {
  // Watched first: what is written in between is read twice, not missed.
  watch_all();
  std::vector<HostEntry> entries;
  for (const std::string& path : paths_) {
    for (const std::string& file : files_of(path)) {
      auto found = parse_hosts(read_file(file), is_wanted_);
      std::move(found.begin(), found.end(), std::back_inserter(entries));
    }
  }
  read_(std::move(entries));
}

std::string HostFiles::read_file(const std::string& path) {
  const auto file = open_regular_file(path, O_RDONLY);
  if (!file) {
    return {};
  }
  // In /tmp, where OpenWrt keeps its leases, anybody may be first.
  if (!is_of_the_system(file->status)) {
    if (!std::exchange(is_not_believed_[path], true)) {
      log_warning(
          "read " + path +
          ": it belongs to a user who is none of the system's, or everybody may write to it; host names in it are not believed");
    }
    return {};
  }
  const auto size = static_cast<std::uint64_t>(file->status.st_size);
  auto text = read_text(*file, static_cast<std::size_t>(std::min<std::uint64_t>(size, longest_file)));
  const bool is_too_long = size > longest_file;
  if (is_too_long && !std::exchange(is_too_long_[path], true)) {
    log_warning("read " + path + ": longer than 1 MiB; host names in the rest of it are not seen");
  }
  return text ? std::move(*text) : std::string();
}

void HostFiles::watch_all() {
  for (auto& [watch, patterns] : watches_) {
    patterns.clear();
  }
  for (const std::string& path : paths_) {
    watch_folder(folder_of(path), name_of(path));
    for (const std::string& file : files_of(path)) {
      const int watch = inotify_add_watch(inotify_.get(), file.c_str(), IN_MODIFY);
      if (watch >= 0 && watches_.size() < most_watches) {
        watches_[watch];
      }
    }
  }
}

void HostFiles::watch_folder(const std::string& folder, const std::string& pattern) {
  int watch = inotify_add_watch(inotify_.get(), folder.c_str(), folder_changes);
  if (watch < 0 && folder != "/") {
    watch_folder(folder_of(folder), name_of(folder));
    watch = inotify_add_watch(inotify_.get(), folder.c_str(), folder_changes);  // it may have come just now
  }
  if (watch >= 0 && watches_.size() < most_watches) {
    watches_[watch].push_back(pattern);
  }
}

void HostFiles::take_changes() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool has_changed = false;
  for (ssize_t size = 0; (size = read(inotify_.get(), buffer.data(), buffer.size())) > 0;) {
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name(event.len == 0 ? "" : buffer.data() + at + sizeof event);
      at += sizeof event + event.len;
      const auto watch = watches_.find(event.wd);
      const auto is_ours = [&](const std::string& pattern) { return matches(pattern, name); };
      // In folders like /tmp much appears that is nothing to us.
      has_changed |=
          (event.mask & IN_Q_OVERFLOW) != 0 ||
          (watch != watches_.end() && (name.empty() || std::any_of(watch->second.begin(), watch->second.end(), is_ours)));
      if ((event.mask & IN_IGNORED) != 0) {
        watches_.erase(event.wd);
      }
    }
  }
  if (has_changed && !std::exchange(has_changed_, true)) {
    timer_ = loop_->call_at(loop_->now() + change_time, [this] {
      has_changed_ = false;
      read_all();
    });
  }
}

}  // namespace voip
