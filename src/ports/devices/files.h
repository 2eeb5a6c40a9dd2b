// Follows lease and hosts files by inotify: reads them at first and again when one has changed, has appeared or was replaced.
// A file that belongs to an ordinary user is not believed.
// Between changes it costs nothing. Files and folders that are not there yet are waited for.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ports/devices/parse.h"
#include "system/loop.h"

namespace voip {

class HostFiles {
 public:
  // Absolute paths; one that ends in '*' means every file of that folder whose name begins so.
  explicit HostFiles(std::vector<std::string> paths);
  ~HostFiles();
  HostFiles(const HostFiles&) = delete;
  HostFiles& operator=(const HostFiles&) = delete;

  // `read` gets the entries of all files that `is_wanted` wants, during open() and after each change.
  Status open(Loop& loop, std::function<bool(const HostEntry&)> is_wanted, std::function<void(std::vector<HostEntry>)> read);

 private:
  void read_all();
  std::string read_file(const std::string& path);
  void watch_all();
  // The folder itself, or where there is none the nearest one above it in which it would appear.
  void watch_folder(const std::string& folder, const std::string& pattern);
  void take_changes();

  std::vector<std::string> paths_;
  Loop* loop_ = nullptr;
  UniqueFd inotify_;
  std::function<bool(const HostEntry&)> is_wanted_;
  std::function<void(std::vector<HostEntry>)> read_;
  // By watch: the names that matter in a folder; none for a file.
  std::map<int, std::vector<std::string>> watches_;
  bool has_changed_ = false;  // and is read when the timer comes
  Loop::TimerId timer_ = 0;
  std::map<std::string, bool> is_too_long_;
  std::map<std::string, bool> is_not_believed_;
};

}  // namespace voip
