// One value of the configuration on its way into a setting. Each reader checks the type and the range; where the value does not
// fit it leaves the setting as it was and notes the problem.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/node.h"
#include "core/settings.h"

namespace voip {

// What came out of the file so far.
struct ConfigReading {
  Settings settings;
  std::vector<std::pair<Place, std::string>> problems;
  std::map<std::string, Place, std::less<>> places;  // of each key that the file gives, by its full name: "qos.tc.upload_kbit"

  [[nodiscard]] bool gives(std::string_view name) const { return places.contains(name); }
  // Where to point when the setting is wrong: the key, or the start of the file where it is not given.
  [[nodiscard]] Place place_of(std::string_view name) const;
  void add(Place place, std::string message) { problems.emplace_back(place, std::move(message)); }
};

class ConfigValue {
 public:
  ConfigValue(const ConfigNode& node, std::string name, ConfigReading& reading)
      : node_(node), name_(std::move(name)), reading_(reading) {}

  void boolean(bool& out);
  void number(std::uint32_t& out, std::uint32_t smallest, std::uint32_t largest);
  void number(std::optional<std::uint32_t>& out, std::uint32_t smallest, std::uint32_t largest);
  // A number, or "auto", which leaves 0.
  void number_or_auto(std::uint32_t& out, bool& is_auto, std::uint32_t smallest, std::uint32_t largest);
  void duration(Duration& out, Duration shortest, Duration longest);
  void every_nth_call(std::uint32_t& out);  // "off", which is 0, or "every 5th call"
  void ports(std::vector<std::uint16_t>& out);

  void line(std::string& out);           // any text on one line, up to 64 characters, not empty
  void optional_line(std::string& out);  // ... or empty
  void node_id(std::string& out);
  void path(std::string& out);           // absolute
  void optional_path(std::string& out);  // ... or empty
  void secret_path(std::string& out);    // ... or the name of a credential (credentials_directory())
  void socket_path(std::string& out);
  void topic(std::string& out);
  void topics(std::vector<std::string>& out);
  void link_name(std::string& out);           // of a network device or an OpenWrt interface
  void optional_link_name(std::string& out);  // ... or empty
  void link_names(std::vector<std::string>& out);
  void command(std::vector<std::string>& out);      // an absolute path and its arguments
  void program(std::string& out);                   // a name to be found in PATH, or an absolute path
  void broker_uris(std::vector<std::string>& out);  // one text or a list

  void prefix(std::optional<IpPrefix>& out);
  void lan(std::vector<IpPrefix>& out);  // "auto" or a list
  void mac(std::string& out);            // comes out in lower case with colons
  void hostname(std::string& out);
  void mark(MarkSettings& out);  // "value/mask"

  template <typename T>
  void word(T& out, std::span<const std::pair<std::string_view, T>> words) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : words) {
      names.push_back(name);
    }
    if (const auto index = index_of_word(names)) {
      out = words[*index].second;
    }
  }
  void one_of(std::string& out, const std::vector<std::string_view>& words);

 private:
  const std::string* text();
  std::optional<std::int64_t> integer(std::int64_t smallest, std::int64_t largest);
  std::optional<std::size_t> index_of_word(const std::vector<std::string_view>& words);
  std::optional<std::vector<std::string>> texts();
  std::optional<IpPrefix> to_prefix(const std::string& text, Place place);
  void wrong(const std::string& what);
  void wrong_at(Place place, const std::string& what);

  const ConfigNode& node_;
  std::string name_;
  ConfigReading& reading_;
};

}  // namespace voip
