#include "ports/network/openwrt.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/words.h"
#include "system/read_start.h"
#include "system/run_briefly.h"

namespace voip {
namespace {

struct Section {
  std::string protocol;
  std::string device;  // "@lan": that of the interface lan
};

std::string_view unquoted(std::string_view word) {
  const bool is_quoted = word.size() >= 2 && (word.front() == '\'' || word.front() == '"') && word.back() == word.front();
  return is_quoted ? word.substr(1, word.size() - 2) : word;
}

Section find_section(std::string_view openwrt, std::string_view name) {
  Section section;
  bool is_it = false;
  for (const std::string_view line : lines_of(openwrt)) {
    const auto words = words_of(line);  // "option proto 'pppoe'"
    if (words.size() < 3) {
      is_it = is_it && (words.empty() || words[0] != "config");
      continue;
    }
    const std::string_view value = unquoted(words[2]);
    if (words[0] == "config") {
      is_it = words[1] == "interface" && value == name;
    } else if (is_it && words[0] == "option" && words[1] == "proto") {
      section.protocol = value;
    } else if (is_it && words[0] == "option" && (words[1] == "device" || words[1] == "ifname")) {  // the latter before 21.02
      section.device = value;
    }
  }
  return section;
}

Section section_of(const OpenWrt& openwrt, std::string_view name) {
  if (openwrt.status) {
    const JsonValue& status = *openwrt.status;
    if (const auto protocol = status.text_of("proto"); !protocol.empty()) {
      return {.protocol = std::string(protocol), .device = std::string(status.text_of("device"))};
    }
  }
  return find_section(openwrt.configuration, name);
}

}  // namespace

OpenWrt read_openwrt(const std::string& interface) {
  const Command ask{.argv = {"ubus", "-S", "-t", "1", "call", "network.interface." + interface, "status"}, .says_json = true};
  CommandResult answer = run_briefly(ask, 500ms);
  return {.configuration = read_start("/etc/config/network", 64UL * 1024),
          .status = answer.exit_status == 0 ? std::move(answer.json) : std::nullopt};
}

std::string choose_wan(std::string_view wan_setting, const std::vector<Interface>& interfaces, const DefaultRoutes& routes,
                       const OpenWrt& openwrt) {
  if (wan_setting == "auto") {
    return routes.ipv4.empty() ? routes.ipv6 : routes.ipv4;
  }
  std::string wan(wan_setting);
  if (const auto device = openwrt.status ? openwrt.status->text_of("l3_device") : ""; !device.empty()) {
    return std::string(device);
  }
  const Section section = section_of(openwrt, wan);
  if (section.device.starts_with('@') && section.device.substr(1) != wan_setting) {
    const Section other = find_section(openwrt.configuration, section.device.substr(1));
    const bool is_loop = other.device.starts_with('@');
    return is_loop ? wan : choose_wan(section.device.substr(1), interfaces, routes, {.configuration = openwrt.configuration});
  }
  if (section.protocol.empty() || section.device.starts_with('@')) {
    return wan;
  }
  // Others than these have a device of their own over that of the section, and that one alone is the line.
  const bool is_plain = section.protocol == "dhcp" || section.protocol == "static" || section.protocol == "dhcpv6";
  if (!is_plain) {
    return section.protocol + "-" + wan;
  }
  const bool is_bridged =
      std::any_of(interfaces.begin(), interfaces.end(), [&](const Interface& one) { return one.name == "br-" + wan; });
  return is_bridged ? "br-" + wan : section.device.empty() ? wan : section.device;
}

}  // namespace voip
