// A world of files instead of the kernel's queues, for shapers that few kernels have: `qdiscs` holds lines of "device kind handle
// parent" (hexadecimal), `links` the names of devices. Stand-in programs write them, read_files() reads them.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "ports/private_network.h"
#include "ports/shaping/qdiscs.h"
#include "source_dir.h"

namespace voip::test {

// NOLINTBEGIN(concurrency-mt-unsafe): the tests are one thread
class FileWorld {
 public:
  // `programs` is a folder of tests/ports/shaping/scripts whose stand-ins come before all others.
  explicit FileWorld(const std::string& programs) {
    std::filesystem::create_directory(folder_);
    setenv("QOS_STATE", folder_.c_str(), 1);
    setenv("PATH", (VOIP_SOURCE_DIR "/tests/ports/shaping/scripts/" + programs + ":" + path_).c_str(), 1);
  }
  ~FileWorld() {
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }
  FileWorld(const FileWorld&) = delete;
  FileWorld& operator=(const FileWorld&) = delete;

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text << '\n'; }
  void append(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::app) << text << '\n';
  }
  // On one line.
  [[nodiscard]] std::string text(const std::string& name) const {
    return shell("cat " + (folder_ / name).string() + " 2>/dev/null | tr '\\n' ' '");
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  [[nodiscard]] Result<Shaping> read_files() const {
    Shaping shaping;
    std::ifstream links(folder_ / "links");
    for (std::string name; links >> name;) {
      shaping.links.push_back({name});
    }
    std::ifstream qdiscs(folder_ / "qdiscs");
    Qdisc qdisc;
    while (qdiscs >> qdisc.device >> qdisc.kind >> std::hex >> qdisc.handle >> qdisc.parent) {
      shaping.qdiscs.push_back(qdisc);
    }
    return shaping;
  }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("voip_world." + std::to_string(getpid()));
  std::string path_ = getenv("PATH");
};
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace voip::test
