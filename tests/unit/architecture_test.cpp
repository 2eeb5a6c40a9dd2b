// The rules of src/README.md, as a few lines of grep: who may include whom, where the libraries live, what the pure rooms must
// not know, how long a file may be.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "source_dir.h"

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

// The folder: "src/core/line/path_delays.h" is in the room "core/line".
std::string room_of(const std::string& path) {
  return fs::path(path.substr(path.find('/') + 1)).parent_path().string();
}

// The text of a line without its comment.
std::string code_of(const std::string& line) {
  return line.substr(0, line.find("//"));
}

bool is_pure(const std::string& path) {
  const std::string room = room_of(path);
  return room == "core" || room.starts_with("core/") || room == "detectors" || room == "actuators";
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

// Rooms of words and tools: each of their headers is for everybody. All others have one contract header, named as the room.
const Names open_rooms{"base", "core", "core/line", "system", "ports/mqtt/payload", "terminal", "commands/common"};

bool is_contract(const std::string& header) {
  const fs::path path(header);
  const std::string room = path.parent_path().string();
  return open_rooms.contains(room) || path.stem() == path.parent_path().filename();
}

// What each room links, as the table in CMakeLists.txt says, and what that links in turn.
class RoomTable {
 public:
  RoomTable() {
    std::ifstream in(source_dir / "CMakeLists.txt");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::regex entry(R"(\nvoip_room\(([\w/]+)([^)]*)\))");
    for (std::sregex_iterator each(text.begin(), text.end(), entry), end; each != end; ++each) {
      std::istringstream words((*each)[2].str());
      Names& links = links_[(*each)[1].str()];
      bool is_link = false;
      for (std::string word; words >> word;) {
        if (word == "LINKS" || word == "LIBRARIES") {
          is_link = word == "LINKS";
        } else if (is_link) {
          links.insert(word);
        }
      }
    }
  }

  [[nodiscard]] const std::map<std::string, Names>& links() const { return links_; }
  // With all that it leads to; `room` itself is in it only where a circle leads back.
  [[nodiscard]] Names reach(const std::string& room) const {
    Names reached;
    std::vector<std::string> open{room};
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      for (const std::string& link : links_.at(next)) {
        EXPECT_TRUE(links_.contains(link)) << next << " links " << link << ", which is no room";
        if (links_.contains(link) && reached.insert(link).second) {
          open.push_back(link);
        }
      }
    }
    return reached;
  }

 private:
  std::map<std::string, Names> links_;
};

TEST(Architecture, RoomsFormNoCircleAndPortsDoNotKnowEachOther) {
  const RoomTable table;
  ASSERT_GT(table.links().size(), 20U);
  for (const auto& [room, links] : table.links()) {
    const Names reached = table.reach(room);
    EXPECT_FALSE(reached.contains(room)) << room << " leads back to itself";
    for (const std::string& other : reached) {
      EXPECT_FALSE(room.starts_with("ports/") && other.starts_with("ports/") && !other.starts_with(room + "/"))
          << room << " must not know " << other;
    }
  }
}

TEST(Architecture, RoomsIncludeOnlyWhatTheyLinkAndOfThatTheContract) {
  const RoomTable table;
  const std::regex own_include(R"re(^#include "([^"]+)")re");
  for (const SourceFile& file : sources()) {
    const std::string room = room_of(file.path);
    ASSERT_TRUE(table.links().contains(room)) << file.path << " is in no known room";
    const Names reached = table.reach(room);
    for (const auto& [header, place] : matches(file, own_include)) {
      const std::string other = fs::path(header).parent_path().string();
      if (other == room) {
        continue;
      }
      EXPECT_TRUE(reached.contains(other)) << place << " must not include " << header << ": " << room << " does not link "
                                           << other;
      EXPECT_TRUE(is_contract(header)) << place << " must not include " << header << ", which is private to its room";
    }
  }
}

// A source with its header is one unit. More than twenty are no room but a hall.
TEST(Architecture, NoRoomIsOverfull) {
  std::map<std::string, Names> units;
  for (const SourceFile& file : sources()) {
    units[room_of(file.path)].insert(fs::path(file.path).stem().string());
  }
  for (const auto& [room, names] : units) {
    EXPECT_LE(names.size(), 20U) << room;
  }
}

TEST(Architecture, FilesIncludeEachOtherInNoCircle) {
  std::map<std::string, std::vector<std::string>> includes;
  const std::regex own_include(R"re(^#include "([^"]+)")re");
  for (const SourceFile& file : files_below("src", {".h"})) {
    std::vector<std::string>& own = includes[file.path.substr(4)];
    for (const auto& [header, place] : matches(file, own_include)) {
      own.push_back(header);
    }
  }
  Names done;
  Names on_the_way;
  const std::function<void(const std::string&)> follow = [&](const std::string& header) {
    if (done.contains(header)) {
      return;
    }
    ASSERT_TRUE(on_the_way.insert(header).second) << header << " includes itself by a circle";
    for (const std::string& next : includes[header]) {
      follow(next);
    }
    on_the_way.erase(header);
    done.insert(header);
  };
  for (const SourceFile& file : files_below("src", {".h"})) {
    follow(file.path.substr(4));
  }
}

TEST(Architecture, PureRoomsKnowNothingOfTheSystem) {
  const Names of_base{"base/result.h", "base/ip_address.h", "base/left_out.h", "base/words.h"};
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
      {"toml++/", {"src/config/config.cpp"}},
      {"getopt.h", {"src/app/options.cpp"}},
      {"zlib.h", {"src/commands/recording/timeline.cpp"}},
      {"spdlog/", {"src/base/log.cpp"}},
      {"mqtt/", {"src/ports/mqtt/client.cpp", "src/ports/mqtt/paho_line.h"}},
      {"libmnl/", {"src/ports/conntrack/messages.cpp"}},
      {"libnetfilter_conntrack/", {"src/ports/conntrack/filter.cpp", "src/ports/conntrack/messages.cpp"}},
      {"nlohmann/", {"src/system/json.h"}},
  };
  const std::regex include(
      R"(^#include <((toml\+\+|spdlog|fmt|mqtt|libmnl|libnetfilter_conntrack|nlohmann)/|zlib\.h|getopt\.h))");
  for (const SourceFile& file : sources()) {
    for (const auto& [library, place] : matches(file, include)) {
      EXPECT_TRUE(homes.contains(library) && homes.at(library).contains(file.path))
          << place << " is not the place for " << library;
    }
  }
}

// The build for routers has nothing to unwind by in all other files: what is caught there would end the program.
TEST(Architecture, ExceptionsAreCaughtWhereTheBuildKnows) {
  std::ifstream in(source_dir / "CMakeLists.txt");
  const std::string build{std::istreambuf_iterator<char>(in), {}};
  std::smatch list;
  ASSERT_TRUE(std::regex_search(build, list, std::regex(R"(set\(VOIP_CATCHING ([^)]*)\))")));
  std::istringstream words(list[1].str());
  const Names known{std::istream_iterator<std::string>(words), {}};
  Names catching;
  for (const SourceFile& file : sources()) {
    if (!matches(file, std::regex(R"(^[^/"]*\b(catch|throw)\b)")).empty()) {
      catching.insert(file.path);
    }
  }
  EXPECT_EQ(catching, known);
}

// What others wrote passes a filter on its way to a terminal: base/log.cpp and terminal/output.h have it, and no way leads round
// them.
TEST(Architecture, OnlyTheTerminalRoomWritesToTheTerminal) {
  const std::regex writing(R"((\b(?:f?put[sc]|f?printf|fwrite|putchar|perror|psignal)\(|\bstd::(?:cout|cerr|clog)\b))");
  for (const SourceFile& file : sources()) {
    if (room_of(file.path) != "terminal") {
      for (const auto& [word, place] : matches(file, writing)) {
        ADD_FAILURE() << place << " must not use " << word << ": print(), print_json() and complain() are for that";
      }
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
  const Names to_be_split{"tests/unit/core/engine_test.cpp", "tests/unit/ports/mqtt/payload/home_assistant_test.cpp",
                          "tests/ports/conntrack/conntrack_test.cpp"};
  for (const char* folder : {"src", "tests"}) {
    for (const SourceFile& file : files_below(folder, {".cpp", ".h", ".py"})) {
      const std::regex empty(R"(^\s*((//|#(?!include)).*)?$)");
      const auto count = std::count_if(file.lines.begin(), file.lines.end(),
                                       [&](const std::string& line) { return !std::regex_match(line, empty); });
      EXPECT_LE(count, most_lines) << file.path << " has " << count << " lines: split it by purpose";
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
