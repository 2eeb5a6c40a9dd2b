#include "config/given.h"

#include <algorithm>
#include <utility>

namespace voip {
namespace {

// A setting and where it stands, for the library sorts keys by their names.
using PlacedSetting = std::pair<Place, GivenSetting>;

bool is_list_of_tables(const ConfigNode& node) {
  return node.kind == ConfigNode::Kind::array && !node.items.empty() &&
         std::all_of(node.items.begin(), node.items.end(),
                     [](const ConfigNode& item) { return item.kind == ConfigNode::Kind::table; });
}

// Fractions and dates are no setting's value.
std::string value_text(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::text:
      return toml_string(node.text);
    case ConfigNode::Kind::integer:
      return std::to_string(node.integer);
    case ConfigNode::Kind::boolean:
      return node.boolean ? "true" : "false";
    case ConfigNode::Kind::array: {
      std::string list;
      for (const ConfigNode& item : node.items) {
        list += (list.empty() ? "" : ", ") + value_text(item);
      }
      return "[" + list + "]";
    }
    default:
      return "";
  }
}

// NOLINTNEXTLINE(misc-no-recursion): the library bounds the depth
void collect(const ConfigNode& table, const std::string& section, std::size_t number, std::vector<PlacedSetting>& found) {
  for (const ConfigEntry& entry : table.entries) {
    const std::string below = section.empty() ? entry.key : section + "." + entry.key;
    if (entry.value.kind == ConfigNode::Kind::table) {
      collect(entry.value, below, number, found);
    } else if (is_list_of_tables(entry.value)) {
      for (std::size_t i = 0; i < entry.value.items.size(); ++i) {
        collect(entry.value.items[i], below, i, found);
      }
    } else {
      found.push_back({entry.place, {section, number, entry.key, value_text(entry.value)}});
    }
  }
}

}  // namespace

std::string toml_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20U || byte == 0x7fU) {
      quoted += "\\u00";
      quoted += digits[byte >> 4U];
      quoted += digits[byte & 15U];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::vector<GivenSetting> settings_of(const ConfigNode& file) {
  std::vector<PlacedSetting> found;
  collect(file, "", 0, found);
  std::stable_sort(found.begin(), found.end(), [](const PlacedSetting& a, const PlacedSetting& b) {
    return std::pair(a.first.line, a.first.column) < std::pair(b.first.line, b.first.column);
  });
  std::vector<GivenSetting> settings;
  settings.reserve(found.size());
  for (PlacedSetting& one : found) {
    settings.push_back(std::move(one.second));
  }
  return settings;
}

}  // namespace voip
