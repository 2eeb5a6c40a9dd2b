#include "commands/setup/telephones.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace voip {
namespace {

constexpr std::size_t longest_device_name = 32;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Its runs of letters: "spa112-kitchen" is "spa" and "kitchen".
std::vector<std::string_view> letter_runs(std::string_view text) {
  std::vector<std::string_view> runs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    for (; at < text.size() && is_letter(text[at]); ++at) {
    }
    if (at > begin) {
      runs.push_back(text.substr(begin, at - begin));
    } else {
      ++at;
    }
  }
  return runs;
}

// The first three bytes of what makers of telephones and their adapters use, as IEEE lists them. Some make a few other things
// too, in which no media are heard.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> makers{{
    {"00:15:65", "Yealink"},
    {"80:5e:c0", "Yealink"},
    {"80:5e:0c", "Yealink"},
    {"24:9a:d8", "Yealink"},
    {"00:04:13", "Snom"},
    {"00:0b:82", "Grandstream"},
    {"c0:74:ad", "Grandstream"},
    {"ec:74:d7", "Grandstream"},
    {"00:04:f2", "Polycom"},
    {"64:16:7f", "Polycom"},
    {"7c:2f:80", "Gigaset"},
    {"00:21:04", "Gigaset"},
    {"58:9e:c6", "Gigaset"},
    {"9c:ad:ef", "Obihai"},
    {"00:08:5d", "Mitel"},
    {"0c:38:3e", "Fanvil"},
}};

// Parts of names that speak for themselves, whatever stands beside them.
constexpr std::array<std::string_view, 17> parts{"yealink", "snom",   "grandstream", "gigaset", "polycom",   "aastra",
                                                 "mitel",   "fanvil", "obihai",      "voip",    "telephone", "telefon",
                                                 "dect",    "fritz",  "sipphone",    "ipphone", "deskphone"};
// Words that do by themselves only.
constexpr std::array<std::string_view, 13> words{"phone", "fon", "tel", "sip", "ata", "spa",    "obi",
                                                 "poly",  "gxp", "gxv", "grp", "ht",  "handset"};
// What has such a part and is none, or one that people carry about.
constexpr std::array<std::string_view, 12> others{"iphone",    "smartphone", "android",   "galaxy",
                                                  "windows",   "microphone", "headphone", "repeater",
                                                  "powerline", "speaker",    "mobile",    "fritzbox-smarthome"};

template <std::size_t n>
bool has_any(std::string_view name, const std::array<std::string_view, n>& candidates) {
  return std::any_of(candidates.begin(), candidates.end(), [&](std::string_view part) { return has(name, part); });
}

// Cisco's: "SEP" and the hardware address.
bool is_cisco_phone(std::string_view name) {
  constexpr std::size_t length = 15;
  return name.size() == length && name.starts_with("sep") &&
         name.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
}

// "kitchenphone" and "hausfon".
bool ends_as_phone(std::string_view run) {
  return run.ends_with("phone") || run.ends_with("telefon");
}

std::string_view maker_of(std::string_view mac) {
  const auto* const found =
      std::find_if(makers.begin(), makers.end(), [&](const auto& maker) { return mac.starts_with(maker.first); });
  return found == makers.end() ? std::string_view() : found->second;
}

bool is_telephone_name(std::string_view name) {
  if (name.empty() || has_any(name, others)) {
    return false;
  }
  const auto runs = letter_runs(name);
  return has_any(name, parts) || is_cisco_phone(name) || std::any_of(runs.begin(), runs.end(), [](std::string_view run) {
           return ends_as_phone(run) || std::find(words.begin(), words.end(), run) != words.end();
         });
}

// Letters, digits and what stands between them; a domain is left out.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, std::min(name.find('.'), longest_device_name))) {
    plain += is_letter(c) || is_digit(c) || c == '_' || c == '-' ? c : '-';
  }
  return plain.find_first_not_of('-') == std::string::npos ? "" : plain;
}

DeviceSettings telephone(std::string name, std::string mac) {
  return {.name = std::move(name), .address = {}, .mac = std::move(mac), .hostname = {}, .role = Role::phone};
}

bool is_same_name(std::string_view one, std::string_view other) {
  return lowered(one) == lowered(other);
}

}  // namespace

std::string why_telephone(const SeenHost& host) {
  if (const std::string_view maker = maker_of(host.mac); !maker.empty()) {
    return "made by " + std::string(maker);
  }
  return is_telephone_name(lowered(host.name)) ? "by its name" : "";
}

std::string device_name(const SeenHost& host, const std::vector<DeviceSettings>& taken) {
  const auto is_free = [&taken](const std::string& name) {
    return std::none_of(taken.begin(), taken.end(),
                        [&](const DeviceSettings& device) { return is_same_name(device.name, name); });
  };
  std::string name = plain_name(host.name);
  if (!name.empty() && is_free(name)) {
    return name;
  }
  if (name.empty()) {
    name = maker_of(host.mac).empty() ? "phone" : std::string(maker_of(host.mac));
  }
  constexpr std::size_t end_of_mac = 5;
  std::string end = host.mac.size() > end_of_mac ? host.mac.substr(host.mac.size() - end_of_mac) : "";
  std::erase(end, ':');
  name += end.empty() ? "" : "-" + end;
  std::string free = name;
  for (int number = 2; !is_free(free); ++number) {
    free = name + "-" + std::to_string(number);
  }
  return free;
}

bool is_known(const DeviceSettings& device, const std::vector<DeviceSettings>& known) {
  return std::any_of(known.begin(), known.end(), [&](const DeviceSettings& one) {
    return (!device.mac.empty() && is_same_name(one.mac, device.mac)) || (device.address && one.address == device.address);
  });
}

std::vector<Telephone> find_telephones(const std::vector<SeenHost>& hosts, const std::vector<DeviceSettings>& known) {
  std::vector<Telephone> telephones;
  std::vector<DeviceSettings> taken = known;
  for (const SeenHost& host : hosts) {
    const std::string why = why_telephone(host);
    // What is configured by its name or address already stands there in another way.
    const bool is_there = std::any_of(known.begin(), known.end(), [&](const DeviceSettings& one) {
      const bool has_name = !one.hostname.empty() && is_same_name(plain_name(one.hostname), plain_name(host.name));
      return has_name || is_same_name(one.mac, host.mac) ||
             (one.address && std::any_of(host.addresses.begin(), host.addresses.end(),
                                         [&](const IpAddress& address) { return *one.address == IpPrefix(address, 128); }));
    });
    if (!why.empty() && !is_there) {
      DeviceSettings device = telephone(device_name(host, taken), host.mac);
      taken.push_back(device);
      telephones.push_back({std::move(device), why});
    }
  }
  return telephones;
}

DeviceSettings device_at(const IpAddress& address, const std::vector<SeenHost>& hosts, const std::vector<DeviceSettings>& taken) {
  const auto host = std::find_if(hosts.begin(), hosts.end(), [&](const SeenHost& one) {
    return std::find(one.addresses.begin(), one.addresses.end(), address) != one.addresses.end();
  });
  if (host == hosts.end()) {
    DeviceSettings device = telephone(device_name({.mac = ""}, taken), "");
    device.address = IpPrefix(address, 128);
    return device;
  }
  return telephone(device_name(*host, taken), host->mac);
}

}  // namespace voip
