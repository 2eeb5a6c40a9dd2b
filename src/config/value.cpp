#include "config/value.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/left_out.h"
#include "base/words.h"

namespace voip {
namespace {

std::string_view kind_name(ConfigNode::Kind kind) {
  constexpr std::array<std::string_view, 7> names{"a table",       "a list",     "a text", "a number",
                                                  "true or false", "a fraction", "a date"};
  return names.at(static_cast<std::size_t>(kind));
}

}  // namespace

Place ConfigReading::place_of(std::string_view name) const {
  const auto found = places.find(name);
  return found == places.end() ? Place{1, 1} : found->second;
}

void ConfigValue::wrong(const std::string& what) {
  wrong_at(node_.place, what);
}

void ConfigValue::wrong_at(Place place, const std::string& what) {
  reading_.add(place, name_ + ": " + what);
}

const std::string* ConfigValue::text() {
  if (node_.kind != ConfigNode::Kind::text) {
    wrong("expected a text in quotes, got " + std::string(kind_name(node_.kind)));
    return nullptr;
  }
  return &node_.text;
}

std::optional<std::int64_t> ConfigValue::integer(std::int64_t smallest, std::int64_t largest) {
  if (node_.kind != ConfigNode::Kind::integer) {
    wrong("expected a whole number, got " + std::string(kind_name(node_.kind)));
    return std::nullopt;
  }
  if (node_.integer < smallest || node_.integer > largest) {
    wrong("must be from " + std::to_string(smallest) + " to " + std::to_string(largest) + ", got " +
          std::to_string(node_.integer));
    return std::nullopt;
  }
  return node_.integer;
}

void ConfigValue::boolean(bool& out) {
  if (node_.kind != ConfigNode::Kind::boolean) {
    wrong("expected true or false, got " + std::string(kind_name(node_.kind)));
    return;
  }
  out = node_.boolean;
}

void ConfigValue::number(std::uint32_t& out, std::uint32_t smallest, std::uint32_t largest) {
  if (const auto value = integer(smallest, largest)) {
    out = static_cast<std::uint32_t>(*value);
  }
}

void ConfigValue::number(std::optional<std::uint32_t>& out, std::uint32_t smallest, std::uint32_t largest) {
  if (const auto value = integer(smallest, largest)) {
    out = static_cast<std::uint32_t>(*value);
  }
}

void ConfigValue::number_or_auto(std::uint32_t& out, bool& is_auto, std::uint32_t smallest, std::uint32_t largest) {
  if (node_.kind == ConfigNode::Kind::text) {
    if (node_.text != "auto") {
      wrong("expected a whole number or \"auto\", got " + quoted(node_.text));
      return;
    }
    out = 0;
    is_auto = true;
  } else if (const auto value = integer(smallest, largest)) {
    out = static_cast<std::uint32_t>(*value);
    is_auto = false;
  }
}

void ConfigValue::duration(Duration& out, Duration shortest, Duration longest) {
  const auto parsed = node_.kind == ConfigNode::Kind::text ? parse_duration(node_.text) : std::nullopt;
  if (!parsed) {
    wrong("expected a duration like \"250ms\", \"30s\", \"5m\" or \"2h\", got " +
          (node_.kind == ConfigNode::Kind::text ? quoted(node_.text) : std::string(kind_name(node_.kind)) + " without a unit"));
  } else if (*parsed < shortest || *parsed > longest) {
    wrong("must be from " + quoted(to_string(shortest)) + " to " + quoted(to_string(longest)) + ", got " + quoted(node_.text));
  } else {
    out = *parsed;
  }
}

void ConfigValue::every_nth_call(std::uint32_t& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  if (*given == "off") {
    out = 0;
    return;
  }
  constexpr std::uint32_t fewest = 2;
  constexpr std::uint32_t most = 100;
  const std::vector<std::string_view> words = words_of(*given);
  const bool is_sentence = words.size() == 3 && words[0] == "every" && words[2] == "call" && words[1].size() > 2;
  const std::string_view ending = is_sentence ? words[1].substr(words[1].size() - 2) : std::string_view();
  const bool is_ordinal = ending == "st" || ending == "nd" || ending == "rd" || ending == "th";
  const auto number = is_ordinal ? parse_number(words[1].substr(0, words[1].size() - 2)) : std::nullopt;
  if (!number || *number < fewest || *number > most) {
    wrong(R"(expected "off" or a text like "every 5th call", from the 2nd to the 100th, got )" + quoted(*given));
    return;
  }
  out = *number;
}

std::optional<std::size_t> ConfigValue::index_of_word(const std::vector<std::string_view>& words) {
  const std::string* given = text();
  if (given == nullptr) {
    return std::nullopt;
  }
  const auto found = std::find(words.begin(), words.end(), *given);
  if (found == words.end()) {
    wrong((is_left_out(*given) ? "this build of voip-qosd has no " : "unknown word ") + quoted(*given) + "; expected " +
          quoted_list(words));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - words.begin());
}

void ConfigValue::one_of(std::string& out, const std::vector<std::string_view>& words) {
  if (const auto index = index_of_word(words)) {
    out = words[*index];
  }
}

std::optional<std::vector<std::string>> ConfigValue::texts() {
  std::vector<std::string> list;
  if (node_.kind != ConfigNode::Kind::array) {
    wrong("expected a list of texts like [\"a\", \"b\"], got " + std::string(kind_name(node_.kind)));
    return std::nullopt;
  }
  for (const ConfigNode& item : node_.items) {
    if (item.kind != ConfigNode::Kind::text) {
      wrong_at(item.place, "expected a text in quotes, got " + std::string(kind_name(item.kind)));
      return std::nullopt;
    }
    list.push_back(item.text);
  }
  return list;
}

void ConfigValue::ports(std::vector<std::uint16_t>& out) {
  if (node_.kind != ConfigNode::Kind::array) {
    wrong("expected a list of port numbers like [5060, 16384], got " + std::string(kind_name(node_.kind)));
    return;
  }
  constexpr std::size_t most_ports = 64;
  if (node_.items.size() > most_ports) {
    wrong("at most 64 ports, got " + std::to_string(node_.items.size()));
    return;
  }
  std::vector<std::uint16_t> list;
  for (const ConfigNode& item : node_.items) {
    if (item.kind != ConfigNode::Kind::integer || item.integer < 1 || item.integer > 65535) {
      wrong_at(item.place, "expected a port number from 1 to 65535");
      return;
    }
    list.push_back(static_cast<std::uint16_t>(item.integer));
  }
  out = std::move(list);
}

void ConfigValue::mark(MarkSettings& out) {
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  const auto to_number = [](std::string_view digits) -> std::optional<std::uint32_t> {
    const bool is_hex = digits.starts_with("0x") || digits.starts_with("0X");
    digits.remove_prefix(is_hex ? 2 : 0);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, is_hex ? 16 : 10);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
  };
  const std::size_t slash = given->find('/');
  const auto value = to_number(std::string_view(*given).substr(0, slash));
  const auto mask = slash == std::string::npos ? value : to_number(std::string_view(*given).substr(slash + 1));
  if (!value || !mask) {
    wrong("expected a mark like \"0x01000000/0x01000000\" (value/mask), got " + quoted(*given));
  } else if ((*value & ~*mask) != 0) {
    wrong("the value has bits outside of its mask: " + quoted(*given));
  } else if (*value == 0) {
    wrong("the value must not be 0, which is the mark of a flow that is no call");
  } else {
    out = {*value, *mask};
  }
}

}  // namespace voip
