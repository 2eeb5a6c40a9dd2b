// The rules of src/README.md, as a few lines of grep: who may include whom, where the libraries live, what the pure rooms must
// not know, how long a file may be.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace voip {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const fs::path source_dir = VOIP_SOURCE_DIR;

struct SourceFile {
  std::string path;  // from the top: "src/core/engine.cpp"
  std::vector<std::string> lines;
};

std::vector<SourceFile> files_below(const std::string& folder, const std::set<std::string>& extensions) {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(source_dir / folder)) {
    if (entry.is_regular_file() && extensions.contains(entry.path().extension().string())) {
      SourceFile file{fs::relative(entry.path(), source_dir).string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        file.lines.push_back(line);
      }
      files.push_back(std::move(file));
    }
  }
  EXPECT_FALSE(files.empty()) << folder;
  return files;
}

std::vector<SourceFile> sources() {
  return files_below("src", {".cpp", ".h", ".def"});
}

std::string room_of(const std::string& path) {
  const std::string below = path.substr(path.find('/') + 1);
  return below.substr(0, below.find('/'));
}

// The text of a line without its comment.
std::string code_of(const std::string& line) {
  return line.substr(0, line.find("//"));
}

bool is_pure(const std::string& path) {
  const std::string room = room_of(path);
  return room == "core" || room == "detectors" || room == "actuators";
}

// Each line of `file` that matches, as (first group, "path:line").
std::vector<std::pair<std::string, std::string>> matches(const SourceFile& file, const std::regex& pattern) {
  std::vector<std::pair<std::string, std::string>> found;
  std::smatch match;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string code = code_of(file.lines[i]);
    if (std::regex_search(code, match, pattern)) {
      found.emplace_back(match[1].str(), file.path + ":" + std::to_string(i + 1));
    }
  }
  return found;
}

TEST(Architecture, RoomsIncludeOnlyWhatTheyMay) {
  const std::map<std::string, Names> allowed{
      {"base", {"base"}},
      {"core", {"base", "core"}},
      {"detectors", {"base", "core", "detectors"}},
      {"actuators", {"base", "core", "actuators"}},
      {"ports", {"base", "core", "actuators", "ports"}},
      {"app", {"base", "core", "detectors", "actuators", "ports", "app"}},
  };
  const std::regex own_include(R"re(^#include "([^"/]+)/)re");
  for (const SourceFile& file : sources()) {
    ASSERT_TRUE(allowed.contains(room_of(file.path))) << file.path << " is in no known room";
    for (const auto& [room, place] : matches(file, own_include)) {
      EXPECT_TRUE(allowed.at(room_of(file.path)).contains(room)) << place << " must not include " << room << "/";
    }
  }
}

TEST(Architecture, PureRoomsKnowNothingOfTheSystem) {
  const Names of_base{"base/result.h", "base/ip_address.h"};
  const Names headers{"algorithm", "array",   "bit",    "cassert",    "charconv",     "chrono", "compare",     "cstddef",
                      "cstdint",   "deque",   "limits", "iterator",   "list",         "map",    "memory",      "numeric",
                      "optional",  "queue",   "set",    "span",       "string",       "tuple",  "string_view", "type_traits",
                      "utility",   "variant", "vector", "functional", "unordered_map"};
  const std::regex include(R"re(^#include [<"]([^>"]+)[>"])re");
  const std::regex banned(R"((::now\(|\bgetenv\b|\bs?rand\(|\b(float|double|thread_local|volatile)\b|\d\.\d))");
  for (const SourceFile& file : sources()) {
    if (!is_pure(file.path)) {
      continue;
    }
    for (const auto& [header, place] : matches(file, include)) {
      const bool is_own = header.find('/') != std::string::npos && !header.starts_with("sys/") && !header.starts_with("base/");
      EXPECT_TRUE(is_own || headers.contains(header) || of_base.contains(header)) << place << " must not include " << header;
    }
    for (const auto& [word, place] : matches(file, banned)) {
      if (code_of(file.lines[std::stoul(place.substr(place.rfind(':') + 1)) - 1]).find('"') == std::string::npos) {
        ADD_FAILURE() << place << " must not use " << word;
      }
    }
  }
}

// Two types of one name in two headers compile as long as nobody includes both, and are one to the linker.
TEST(Architecture, ANameOfATypeIsGivenOnce) {
  const std::regex definition(R"(^(?:struct|class|enum class|enum) (\w+)[^;]*\{)");
  const std::regex space(R"(^namespace ([\w:]+) \{)");
  std::map<std::string, std::string> places;
  for (const SourceFile& file : files_below("src", {".h"})) {
    const auto spaces = matches(file, space);
    ASSERT_FALSE(spaces.empty()) << file.path;
    for (const auto& [name, place] : matches(file, definition)) {
      const auto [known, is_new] = places.emplace(spaces.front().first + "::" + name, place);
      EXPECT_TRUE(is_new) << name << " at " << place << " and at " << known->second;
    }
  }
  EXPECT_GT(places.size(), 100U);
}

TEST(Architecture, EachLibraryHasItsFile) {
  const std::map<std::string, Names> homes{
      {"toml++/", {"src/app/config.cpp"}},
      {"CLI/", {"src/app/options.cpp"}},
      {"zlib.h", {"src/app/timeline.cpp"}},
      {"spdlog/", {"src/base/log.cpp"}},
      {"mqtt/", {"src/ports/mqtt_connection.cpp"}},
      {"libmnl/", {"src/ports/conntrack_messages.cpp"}},
      {"libnetfilter_conntrack/", {"src/ports/conntrack_filter.cpp", "src/ports/conntrack_messages.cpp"}},
      {"nlohmann/",
       {"src/ports/json_text.h", "src/ports/home_assistant.cpp", "src/ports/home_assistant_entities.h",
        "src/ports/home_assistant_entities.cpp", "src/app/timeline.cpp", "src/app/replay_json.cpp",
        "src/app/recording_reader.cpp", "src/app/recording_settings.h", "src/app/recording_settings.cpp",
        "src/app/status_reading.cpp"}},
  };
  const std::regex include(R"(^#include <((toml\+\+|CLI|spdlog|fmt|mqtt|libmnl|libnetfilter_conntrack|nlohmann)/|zlib\.h))");
  for (const SourceFile& file : sources()) {
    for (const auto& [library, place] : matches(file, include)) {
      EXPECT_TRUE(homes.contains(library) && homes.at(library).contains(file.path))
          << place << " is not the place for " << library;
    }
  }
}

TEST(Architecture, PortsDoNotKnowEachOther) {
  const std::regex port_class(R"(class (\w+)[^;]*: public Port\b)");
  const std::regex include(R"re(^#include "ports/(\w+)\.h")re");
  Names ports;
  for (const SourceFile& file : sources()) {
    if (!matches(file, port_class).empty()) {
      ports.insert(fs::path(file.path).stem().string());
    }
  }
  EXPECT_GE(ports.size(), 4U) << "how a port is recognised has changed";
  for (const SourceFile& file : sources()) {
    for (const auto& [header, place] : matches(file, include)) {
      const bool is_foreign = room_of(file.path) == "ports" && fs::path(file.path).stem() != header;
      EXPECT_FALSE(is_foreign && ports.contains(header)) << place << " must not include the port " << header;
    }
  }
}

TEST(Architecture, EveryHeaderIsGuardedAndSaysWhatItIsFor) {
  for (const SourceFile& file : files_below("src", {".h"})) {
    ASSERT_FALSE(file.lines.empty()) << file.path;
    EXPECT_TRUE(file.lines.front().starts_with("// ")) << file.path << " must begin with what it promises";
    EXPECT_NE(std::find(file.lines.begin(), file.lines.end(), "#pragma once"), file.lines.end()) << file.path;
  }
}

// Lines with code in them; comments and blank lines cost nothing.
TEST(Architecture, NoFileIsLongerThan300LinesOfCode) {
  constexpr std::ptrdiff_t most_lines = 300;
  const Names to_be_split{"tests/unit/engine_test.cpp", "tests/unit/home_assistant_test.cpp", "tests/ports/conntrack_test.cpp"};
  for (const char* folder : {"src", "tests"}) {
    for (const SourceFile& file : files_below(folder, {".cpp", ".h", ".py"})) {
      const std::regex empty(R"(^\s*((//|#(?!include)).*)?$)");
      const auto count = std::count_if(file.lines.begin(), file.lines.end(),
                                       [&](const std::string& line) { return !std::regex_match(line, empty); });
      EXPECT_TRUE(count <= most_lines || to_be_split.contains(file.path))
          << file.path << " has " << count << " lines: split it by purpose";
    }
  }
}

TEST(Architecture, NothingIsLeftForLater) {
  const std::regex mark(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b");
  const std::regex vague(R"(\b(class|struct|namespace) \w*(Manager|Handler|Helper|Util))");
  for (const char* folder : {"src", "tests", "config", "scripts", "integrations"}) {
    if (!fs::exists(source_dir / folder)) {
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(source_dir / folder)) {
      if (!entry.is_regular_file() || entry.path().extension() == ".pyc") {
        continue;
      }
      std::ifstream in(entry.path());
      std::size_t number = 0;
      for (std::string line; std::getline(in, line);) {
        ++number;
        EXPECT_FALSE(line.size() < 500 && std::regex_search(line, mark)) << entry.path() << ":" << number;
        EXPECT_FALSE(line.size() < 500 && std::regex_search(line, vague)) << entry.path() << ":" << number;
      }
    }
  }
}

}  // namespace
}  // namespace voip
