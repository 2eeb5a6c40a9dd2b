#include "app/config.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "app/config_checks.h"
#include "app/config_node.h"
#include "app/config_schema.h"

namespace voip {
namespace {

constexpr std::size_t largest_file = 1U << 20U;

Place to_place(const toml::source_position& position) {
  return {static_cast<int>(position.line), static_cast<int>(position.column)};
}

// As deep as the library lets values nest, which is bounded.
ConfigNode to_node(const toml::node& from) {
  ConfigNode node;
  node.place = to_place(from.source().begin);
  switch (from.type()) {
    case toml::node_type::table:
      node.kind = ConfigNode::Kind::table;
      for (const auto& [key, value] : *from.as_table()) {
        node.entries.push_back({std::string(key.str()), to_place(key.source().begin), to_node(value)});
      }
      break;
    case toml::node_type::array:
      node.kind = ConfigNode::Kind::array;
      for (const auto& item : *from.as_array()) {
        node.items.push_back(to_node(item));
      }
      break;
    case toml::node_type::string:
      node.kind = ConfigNode::Kind::text;
      node.text = from.as_string()->get();
      break;
    case toml::node_type::integer:
      node.kind = ConfigNode::Kind::integer;
      node.integer = from.as_integer()->get();
      break;
    case toml::node_type::boolean:
      node.kind = ConfigNode::Kind::boolean;
      node.boolean = from.as_boolean()->get();
      break;
    case toml::node_type::floating_point:
      node.kind = ConfigNode::Kind::fraction;
      break;
    default:
      node.kind = ConfigNode::Kind::date;
      break;
  }
  return node;
}

LoadedSettings whole_file_problem(const std::string& file, std::string message) {
  return std::vector<Problem>{{file, 0, 0, std::move(message)}};
}

}  // namespace

std::string to_string(const Problem& problem) {
  if (problem.line == 0) {
    return problem.file + ": " + problem.message;
  }
  return problem.file + ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message;
}

LoadedSettings parse_settings(std::string_view text, const std::string& file, NamedFiles named_files) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    const Place place = to_place(error.source().begin);
    return std::vector<Problem>{{file, place.line, place.column, std::string(error.description())}};
  }
  ConfigReading reading;
  read_settings(to_node(parsed.table()), reading);
  check_contradictions(reading);
  if (named_files == NamedFiles::checked) {
    check_named_files(reading);
  }
  if (reading.problems.empty()) {
    return std::move(reading.settings);
  }
  std::stable_sort(reading.problems.begin(), reading.problems.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.line, a.first.column) < std::pair(b.first.line, b.first.column);
  });
  std::vector<Problem> problems;
  problems.reserve(reading.problems.size());
  for (auto& [place, message] : reading.problems) {
    problems.push_back({file, place.line, place.column, std::move(message)});
  }
  return problems;
}

LoadedSettings load_settings(const std::string& path, NamedFiles named_files) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  if (in) {
    // One byte more than is allowed, to see that there is more.
    text.resize(largest_file + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof() && text.size() <= largest_file) {
    return whole_file_problem(path, std::string("read the configuration: ") + std::strerror(errno));
  }
  if (text.size() > largest_file) {
    return whole_file_problem(path, "read the configuration: the file is larger than 1 MiB");
  }
  return parse_settings(text, path, named_files);
}

LoadedSettings load_default_settings(NamedFiles named_files) {
  if (!std::ifstream(default_config_path) && errno == ENOENT) {
    return Settings{};
  }
  return load_settings(default_config_path, named_files);
}

}  // namespace voip
