// A directory for one test, gone with all that is in it at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace voip::test {

class OwnDirectory {
 public:
  OwnDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "voip-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~OwnDirectory() { std::filesystem::remove_all(path_); }
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace voip::test
