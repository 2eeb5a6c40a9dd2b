#include "ports/devices/parse.h"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace voip {
namespace {

constexpr std::string_view blanks = " \t\r";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<unsigned> hex_digit(char c) {
  const char digit = lower(c);
  if (digit >= '0' && digit <= '9') {
    return static_cast<unsigned>(digit - '0');
  }
  return digit >= 'a' && digit <= 'f' ? std::optional(static_cast<unsigned>(digit - 'a') + 10U) : std::nullopt;
}

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
  rest.remove_prefix(word.size());
  return word;
}

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<IpAddress> parse_host_address(std::string_view word) {
  const auto address = IpAddress::parse(word);
  return address && is_host_address(*address) ? address : std::nullopt;
}

void add_name(HostEntry& entry, std::string_view name, std::string_view none) {
  if (!name.empty() && name != none && entry.names.size() < most_names_of_a_host) {
    entry.names.emplace_back(name);
  }
}

std::optional<HostEntry> parse_dnsmasq(std::string_view rest) {
  const auto hardware = parse_hardware_address(take_word(rest));  // none for IPv6, where an IAID stands in its place
  const auto address = parse_host_address(take_word(rest));
  const std::string_view name = take_word(rest);
  if (!address || name.empty()) {
    return std::nullopt;
  }
  HostEntry entry{*address, hardware, {}, true};
  add_name(entry, name, "*");
  return entry;
}

std::optional<HostEntry> parse_odhcpd(std::string_view rest) {
  take_word(rest);  // the interface
  const auto hardware = parse_hardware_address(take_word(rest));
  if (take_word(rest) != "ipv4" || !hardware) {
    return std::nullopt;
  }
  const std::string_view name = take_word(rest);
  take_word(rest);  // valid until
  take_word(rest);  // the address in hexadecimal
  take_word(rest);  // its length
  const std::string_view prefix = take_word(rest);
  const auto address = parse_host_address(prefix.substr(0, prefix.find('/')));
  if (!address) {
    return std::nullopt;
  }
  HostEntry entry{*address, hardware, {}, true};
  add_name(entry, name, "-");
  return entry;
}

}  // namespace

std::optional<HardwareAddress> parse_hardware_address(std::string_view text) {
  HardwareAddress hardware{};
  const bool has_colons = text.size() == 3 * hardware.size() - 1;
  if (!has_colons && text.size() != 2 * hardware.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hardware.size(); ++i) {
    const std::size_t place = i * (has_colons ? 3 : 2);
    const auto high = hex_digit(text[place]);
    const auto low = hex_digit(text[place + 1]);
    if (!high || !low || (has_colons && i > 0 && text[place - 1] != ':')) {
      return std::nullopt;
    }
    hardware.at(i) = static_cast<std::uint8_t>(*high * 16 + *low);
  }
  return hardware;
}

bool is_host_address(const IpAddress& address) {
  return !address.is_multicast() && !address.is_broadcast() && !address.is_loopback() && !address.is_link_local() &&
         !address.is_unspecified();
}

bool is_same_host(std::string_view one, std::string_view other) {
  const auto without_root = [](std::string_view name) { return name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0)); };
  one = without_root(one);
  other = without_root(other);
  const std::size_t dot_one = one.find('.');
  const std::size_t dot_other = other.find('.');
  if (dot_one == std::string_view::npos || dot_other == std::string_view::npos) {
    one = one.substr(0, dot_one);
    other = other.substr(0, dot_other);
  }
  return !one.empty() &&
         std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<HostEntry> parse_host_line(std::string_view line) {
  std::string_view rest = line;
  const std::string_view first = take_word(rest);
  if (is_number(first)) {
    return parse_dnsmasq(rest);
  }
  if (first == "#") {
    return parse_odhcpd(rest);
  }
  const auto address = parse_host_address(first);
  if (!address) {
    return std::nullopt;
  }
  HostEntry entry{*address, {}, {}, false};
  rest = rest.substr(0, rest.find('#'));
  for (auto name = take_word(rest); !name.empty(); name = take_word(rest)) {
    add_name(entry, name, "");
  }
  return entry.names.empty() ? std::nullopt : std::optional(std::move(entry));
}

std::vector<HostEntry> parse_hosts(std::string_view text, const std::function<bool(const HostEntry&)>& is_wanted) {
  std::vector<HostEntry> entries;
  while (!text.empty() && entries.size() < most_host_entries) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool is_whole = end != std::string_view::npos;
    text.remove_prefix(is_whole ? end + 1 : text.size());
    if (line.size() > longest_host_line) {
      continue;
    }
    if (auto entry = parse_host_line(line); entry && (is_whole || !entry->is_lease) && is_wanted(*entry)) {
      entries.push_back(std::move(*entry));
    }
  }
  return entries;
}

std::optional<Neighbour> parse_neighbour(Bytes payload) {
  ndmsg entry{};
  if (payload.size() < sizeof entry) {
    return std::nullopt;
  }
  std::memcpy(&entry, payload.data(), sizeof entry);
  const std::size_t width = entry.ndm_family == AF_INET ? 4 : 16;
  if (entry.ndm_family != AF_INET && entry.ndm_family != AF_INET6) {
    return std::nullopt;
  }
  std::optional<IpAddress> address;
  std::optional<HardwareAddress> hardware;
  NetlinkAttributes attributes(payload.subspan(sizeof entry));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == NDA_DST && attribute->payload.size() == width) {
      address = IpAddress::from_bytes(attribute->payload);
    } else if (attribute->type == NDA_LLADDR && attribute->payload.size() == HardwareAddress{}.size()) {
      hardware.emplace();
      std::copy(attribute->payload.begin(), attribute->payload.end(), hardware->begin());
    }
  }
  // FAILED and INCOMPLETE entries have no hardware address, or one that is not believed any more.
  const bool is_valid = (entry.ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) == 0;
  if (!is_valid || !address || !hardware || !is_host_address(*address)) {
    return std::nullopt;
  }
  return Neighbour{*address, *hardware};
}

}  // namespace voip
