// The readers of addresses.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "config/value.h"

namespace voip {

std::optional<IpPrefix> ConfigValue::to_prefix(const std::string& text, Place place) {
  const auto parsed = IpPrefix::parse(text);
  if (parsed) {
    return parsed;
  }
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(std::string_view(text).substr(0, slash));
  if (address && slash != std::string::npos) {
    unsigned length = 0;
    const char* const text_end = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + slash + 1, text_end, length);
    if (error == std::errc{} && end == text_end && length <= address->bytes().size() * 8) {
      const std::string network = IpPrefix(address->masked(length), length).to_string();
      wrong_at(place, "\"" + text + "\" has bits set after its length; did you mean \"" + network + "\"?");
      return std::nullopt;
    }
  }
  wrong_at(place, "expected an address like \"192.168.1.30\" or a network like \"192.168.1.0/24\", got \"" + text + "\"");
  return std::nullopt;
}

void ConfigValue::prefix(std::optional<IpPrefix>& out) {
  if (const std::string* given = text()) {
    if (const auto parsed = to_prefix(*given, node_.place)) {
      out = parsed;
    }
  }
}

void ConfigValue::lan(std::vector<IpPrefix>& out) {
  constexpr std::size_t most_networks = 64;
  if (node_.kind == ConfigNode::Kind::text && node_.text == "auto") {
    out.clear();
    return;
  }
  if (node_.kind != ConfigNode::Kind::array || node_.items.empty() || node_.items.size() > most_networks) {
    wrong("expected \"auto\" or a list of networks like [\"192.168.1.0/24\"]");
    return;
  }
  std::vector<IpPrefix> list;
  for (const ConfigNode& item : node_.items) {
    if (item.kind != ConfigNode::Kind::text) {
      wrong_at(item.place, "expected a network in quotes, like \"192.168.1.0/24\"");
    } else if (const auto parsed = to_prefix(item.text, item.place)) {
      list.push_back(*parsed);
    }
  }
  out = std::move(list);
}

void ConfigValue::mac(std::string& out) {
  constexpr std::size_t mac_length = 17;
  const std::string* given = text();
  if (given == nullptr) {
    return;
  }
  std::string lower;
  for (std::size_t i = 0; i < given->size(); ++i) {
    const auto c = static_cast<unsigned char>((*given)[i]);
    const bool is_separator = i % 3 == 2;
    if (is_separator ? (c != ':' && c != '-') : std::isxdigit(c) == 0) {
      break;
    }
    lower += is_separator ? ':' : static_cast<char>(std::tolower(c));
  }
  if (given->size() != mac_length || lower.size() != mac_length) {
    wrong("expected a hardware address like \"00:11:22:aa:bb:cc\", got \"" + *given + "\"");
  } else {
    out = std::move(lower);
  }
}

}  // namespace voip
