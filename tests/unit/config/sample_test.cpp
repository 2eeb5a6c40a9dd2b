// Holds the loader, core/settings.h, the sample file, the examples and the table of docs/configuration.md together.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "config/config.h"
#include "config/schema.h"
#include "source_dir.h"

namespace voip {
namespace {

const std::string source_dir = VOIP_SOURCE_DIR;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// The sample with its commented-out lines either left so, or in force.
std::string sample(bool all_in_force) {
  const std::string text = read_file(source_dir + "/config/voip-qosd.toml");
  return all_in_force ? std::regex_replace(text, std::regex("(^|\n)#(\\[|[a-z_]+ = )"), "$1$2") : text;
}

std::set<std::string> keys_of_loader() {
  std::set<std::string> keys;
  for (const ConfigSection& section : config_sections()) {
    for (const ConfigKey& key : section.keys) {
      keys.insert(std::string(section.name) + "." + std::string(key.name));
    }
  }
  for (const DeviceKey& key : device_keys()) {
    keys.insert("device." + std::string(key.name));
  }
  return keys;
}

// "section.key" -> its value as it is written, for every key of the sample, in force or not.
std::map<std::string, std::string> keys_of_sample() {
  std::map<std::string, std::string> keys;
  const std::regex section_line(R"(^#?\[+([a-z_.-]+)\]+.*)");
  const std::regex key_line(R"re(^#?([a-z_]+) = ("[^"]*"|\[.*?\]|[^ #]+).*)re");
  std::string section;
  std::smatch match;
  for (const std::string& line : lines_of(sample(false))) {
    if (std::regex_match(line, match, section_line)) {
      section = match[1];
    } else if (std::regex_match(line, match, key_line)) {
      keys.emplace(section + "." + match[1].str(), match[2]);
    }
  }
  return keys;
}

// Converts to anything, so that the number of fields of an aggregate can be counted by trying.
struct Anything {
  template <typename T>
  operator T() const;  // NOLINT(google-explicit-constructor): that it converts by itself is its purpose
};
template <typename T, typename... Fields>
constexpr std::size_t field_count() {
  if constexpr (requires { T{Fields{}..., Anything{}}; }) {
    return field_count<T, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}

TEST(ConfigSample, ParsesToExactlyTheDefaults) {
  const LoadedSettings loaded = parse_settings(sample(false), "voip-qosd.toml");
  ASSERT_TRUE(std::holds_alternative<Settings>(loaded)) << to_string(std::get<std::vector<Problem>>(loaded).front());
  EXPECT_EQ(std::get<Settings>(loaded), Settings{});
}

TEST(ConfigSample, NamesEveryKeyThatTheLoaderKnows) {
  std::set<std::string> in_sample;
  for (const auto& [key, value] : keys_of_sample()) {
    in_sample.insert(key);
  }
  EXPECT_EQ(in_sample, keys_of_loader());
}

TEST(ConfigSample, ItsCommentedOutLinesAreRightToo) {
  const LoadedSettings loaded = parse_settings(sample(true), "voip-qosd.toml");
  // All in force at once, some contradict each other: nothing else may be wrong with them.
  for (const Problem& problem : std::get<std::vector<Problem>>(loaded)) {
    EXPECT_TRUE(problem.message.ends_with("this one has 3") || problem.message.ends_with("not both")) << to_string(problem);
  }
}

TEST(ConfigSample, EachLineHasItsValueInTheSampleOnce) {
  const auto lines = lines_of(sample(false));
  const auto count = std::count_if(lines.begin(), lines.end(),
                                   [](const std::string& line) { return std::regex_search(line, std::regex("^#?[a-z_]+ = ")); });
  EXPECT_EQ(static_cast<std::size_t>(count), keys_of_sample().size());
}

TEST(ConfigSchema, HasAKeyForEverySetting) {
  const std::map<std::string_view, std::size_t> fields{
      {"node", field_count<NodeSettings>()},
      {"monitor", field_count<MonitorSettings>()},
      {"detector", field_count<DetectorSettings>() - 2},  // its tables calls and threshold
      {"detector.calls", field_count<CallsSettings>()},
      {"detector.threshold", field_count<ThresholdSettings>()},
      {"policy", field_count<PolicySettings>()},
      {"qos", field_count<QosSettings>() - 6},    // its own tables
      {"qos.tc", field_count<TcSettings>() - 2},  // of each rate whether it is "auto"
      {"qos.exec", field_count<ExecSettings>()},
      {"qos.qos-scripts", field_count<QosScriptsSettings>()},
      {"qos.sqm-scripts", field_count<SqmScriptsSettings>()},
      {"qos.cake-rate", field_count<CakeRateSettings>() - 2},
      {"qos.qosify", field_count<QosifySettings>()},
      {"mqtt", field_count<MqttSettings>()},
      {"home_assistant", field_count<HomeAssistantSettings>()},
      {"control", field_count<ControlSettings>()},
      {"log", field_count<LogSettings>()},
  };
  for (const ConfigSection& section : config_sections()) {
    ASSERT_TRUE(fields.contains(section.name)) << section.name;
    EXPECT_EQ(section.keys.size(), fields.at(section.name)) << section.name;
  }
  EXPECT_EQ(config_sections().size(), fields.size());
  EXPECT_EQ(device_keys().size(), field_count<DeviceSettings>());
}

TEST(ConfigExamples, EachLoads) {
  std::size_t examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir + "/config/examples")) {
    const LoadedSettings loaded = load_settings(entry.path());
    if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
      ADD_FAILURE() << to_string(problems->front());
    }
    ++examples;
  }
  EXPECT_GE(examples, 3U);
}

// A row is: | `section.key` | `default` | meaning |
std::map<std::string, std::string> rows_of_document() {
  std::map<std::string, std::string> rows;
  const std::regex row(R"(^\| `([a-z_-]+(\.[a-z_-]+)+)` \|.*)");
  std::smatch match;
  for (const std::string& line : lines_of(read_file(source_dir + "/docs/configuration.md"))) {
    if (std::regex_match(line, match, row)) {
      EXPECT_TRUE(rows.emplace(match[1], line).second) << "docs/configuration.md has two rows for " << match[1];
    }
  }
  return rows;
}

TEST(ConfigDocument, ItsTableHasEveryKeyWithItsDefault) {
  const auto rows = rows_of_document();
  for (const auto& [key, value] : keys_of_sample()) {
    EXPECT_TRUE(rows.contains(key)) << "docs/configuration.md has no row for " << key;
    if (rows.contains(key) && !key.starts_with("device.") && key != "detector.threshold.kbit_per_s") {
      EXPECT_NE(rows.at(key).find("| `" + value + "` |"), std::string::npos)
          << key << ": the default " << value << " is not in: " << rows.at(key);
    }
  }
}

TEST(ConfigDocument, ItsTableHasNoOtherKeys) {
  const auto keys = keys_of_loader();
  for (const auto& [key, line] : rows_of_document()) {
    EXPECT_TRUE(keys.contains(key)) << line;
  }
}

}  // namespace
}  // namespace voip
