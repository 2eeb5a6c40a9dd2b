// The configuration file as a plain tree that remembers where each value stands. It keeps the TOML library out of the rest of
// the loader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace voip {

struct Place {
  int line = 0;
  int column = 0;
};

struct ConfigEntry;

struct ConfigNode {
  enum class Kind : std::uint8_t { table, array, text, integer, boolean, fraction, date };

  Kind kind = Kind::table;
  Place place;
  std::string text;
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<ConfigNode> items;     // of an array
  std::vector<ConfigEntry> entries;  // of a table
};

struct ConfigEntry {
  std::string key;
  Place place;  // of the key
  ConfigNode value;
};

}  // namespace voip
