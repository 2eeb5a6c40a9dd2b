#include "actuators/tc_profile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "actuators/tc_state.h"
#include "base/ip_address.h"

namespace voip::tc {
namespace {

// Shares of the line in percent. The sum stays below the line, so that the queue forms here and not in the modem.
constexpr std::uint64_t total_percent = 95;
constexpr std::uint64_t calls_percent = 60;  // guaranteed; they may borrow up to the total
constexpr std::uint64_t small_percent = 15;
constexpr std::uint64_t bulk_guaranteed_percent = 25;
constexpr std::uint64_t least_kbit = 32;
constexpr std::uint64_t common_mtu = 1500;

std::string hex(std::uint32_t number) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789abcdef"[number % 16]);
    number /= 16;
  } while (number != 0);
  return text;
}

std::uint64_t share(std::uint64_t kbit, std::uint64_t percent) {
  return std::max(kbit * percent / 100, least_kbit);
}

struct Tree {
  std::string device;
  std::uint32_t major = 0;
  std::uint64_t line_kbit = 0;
  std::uint64_t bulk_kbit = 0;
  Frames frames;
  std::string line_sizes;  // parameters of a class that make of a packet's size the one on the line

  [[nodiscard]] std::string id(std::uint32_t minor) const { return hex(major) + ":" + (minor == 0 ? "" : hex(minor)); }
  [[nodiscard]] std::string leaf(std::uint32_t digit) const { return hex(leaf_major(major, digit)) + ":"; }
};

std::string class_line(const Tree& tree, std::string_view verb, std::uint32_t parent, std::uint32_t minor, std::uint64_t rate,
                       std::uint64_t ceil, unsigned priority) {
  // What may leave in one go: two frames, or a millisecond of a fast line.
  const auto burst = [&](std::uint64_t kbit) { return std::to_string(std::max(2 * tree.frames.longest(), kbit / 8)); };
  return "class " + std::string(verb) + " dev " + tree.device + " parent " + tree.id(parent) + " classid " + tree.id(minor) +
         " htb rate " + std::to_string(rate) + "kbit ceil " + std::to_string(ceil) + "kbit burst " + burst(rate) + " cburst " +
         burst(ceil) + tree.line_sizes + " prio " + std::to_string(priority) + " quantum " +
         std::to_string(tree.frames.longest()) + "\n";
}

std::string bulk_class(const Tree& tree, std::string_view verb) {
  return class_line(tree, verb, 1, 0x30, std::min(tree.bulk_kbit, share(tree.line_kbit, bulk_guaranteed_percent)), tree.bulk_kbit,
                    2);
}

// A token bucket far above the line's rate, which never holds anything back: it is there because it cuts the 64 KB packets of
// GRO and TSO into frames (sch_tbf.c, tbf_segment), which HTB and the fifos do not. One such packet is half a second of a
// 1 Mbit/s line, and most would not fit in the queue at all. Its burst is the size above which it cuts, and above which it drops
// what cannot be cut: room for a frame of the MTU and for the 1500 bytes that a provider may send to a device with less, but
// not for two.
std::string plain_queue(const Tree& tree, std::string_view verb) {
  const std::uint64_t burst = std::max<std::uint64_t>(tree.frames.mtu, common_mtu) + 500;
  const std::uint64_t limit =
      std::max(3 * tree.frames.longest(), tree.bulk_kbit * 1000 / 8 / 5);  // 200 ms, at least three frames
  return "qdisc " + std::string(verb) + " dev " + tree.device + " parent " + tree.id(0x30) + " handle " + tree.leaf(bulk_leaf) +
         " tbf rate 100gbit burst " + std::to_string(std::max(burst, tree.line_kbit / 8)) + " limit " + std::to_string(limit) +
         "\n";
}

// Shares the rest fairly among devices and flows, keeps its delay low and cuts packets too. HTB holds the rate, so it has no
// limit of its own and needs no change when the rate does. After source NAT conntrack tells whose a packet is. A router has
// little memory.
std::string fair_queue(const Tree& tree, Direction direction, const TcSettings& settings) {
  // By the sizes on the line; it counts from the IP header itself.
  std::string sizes = settings.overhead == 0 ? "" : " overhead " + std::to_string(settings.overhead);
  sizes += settings.mpu == 0 ? "" : " mpu " + std::to_string(settings.mpu);
  sizes += settings.link_layer == LinkLayer::atm ? " atm" : "";
  return "qdisc add dev " + tree.device + " parent " + tree.id(0x30) + " handle " + tree.leaf(bulk_leaf) +
         " cake unlimited besteffort " + (direction == Direction::up ? "dual-srchost nat" : "dual-dsthost nonat") +
         " split-gso memlimit 2mb" + sizes + "\n";
}

// All but that of the rest.
std::string classes(const Tree& tree, std::string_view verb) {
  const std::uint64_t total = share(tree.line_kbit, total_percent);
  return class_line(tree, verb, 0, 1, total, total, 0) +
         class_line(tree, verb, 1, 0x10, share(tree.line_kbit, calls_percent), total, 0) +
         class_line(tree, verb, 1, 0x20, share(tree.line_kbit, small_percent), share(tree.line_kbit, small_percent), 1);
}

std::string calls_queue(const Tree& tree, std::string_view verb) {
  const std::uint64_t packets = std::clamp<std::uint64_t>(tree.line_kbit / 100, 50, 1000);
  return "qdisc " + std::string(verb) + " dev " + tree.device + " parent " + tree.id(0x10) + " handle " + tree.leaf(calls_leaf) +
         " pfifo limit " + std::to_string(packets) + "\n";
}

// `fallback` is the class of what nft has not classified; 0: it passes unshaped.
std::string tree_lines(const Tree& tree, std::uint32_t fallback) {
  const std::string of_device = " dev " + tree.device + " ";
  std::string text = "qdisc add" + of_device + "root handle " + tree.id(0) + " htb default " + hex(fallback) + "\n";
  text += classes(tree, "add") + bulk_class(tree, "add");
  // No traffic gets there; its only use is to hold the marker.
  text += class_line(tree, "add", 0, 0xf0, 8, 8, 7);
  text += calls_queue(tree, "add");
  text += "qdisc add" + of_device + "parent " + tree.id(0x20) + " handle " + tree.leaf(small_leaf) + " pfifo limit 100\n";
  return text;
}

// HTB's own compensation, not a size table (tc-stab) at the root: that rounds, and is lost for packets that the leaf has cut.
std::string line_sizes(const TcSettings& settings, const Frames& frames) {
  std::string text;
  // It cannot take away of what the kernel counts.
  if (settings.overhead > frames.header) {
    text += " overhead " + std::to_string(settings.overhead - frames.header);
  }
  if (settings.mpu != 0) {
    text += " mpu " + std::to_string(settings.mpu);
  }
  return text + (settings.link_layer == LinkLayer::atm ? " linklayer atm" : "");
}

Tree tree_of(Direction direction, Qos wanted, const QosSettings& settings, const Layout& layout) {
  const bool is_up = direction == Direction::up;
  const Frames& frames = is_up ? layout.upload : layout.download;
  std::uint64_t line = is_up ? settings.tc.upload_kbit : settings.tc.download_kbit;
  if (settings.tc.link_layer == LinkLayer::ptm) {
    line = line * 64 / 65;  // each 65th byte is PTM's own
  }
  const std::uint64_t percent = wanted == Qos::draining ? settings.tc.drain_percent : settings.tc.bulk_percent;
  return {.device = is_up ? layout.wan : std::string(ifb),
          .major = is_up ? upload_major : download_major,
          .line_kbit = line,
          .bulk_kbit = share(line, percent),
          .frames = frames,
          .line_sizes = line_sizes(settings.tc, frames)};
}

std::string marker_line(Qos wanted, const QosSettings& settings, const Layout& layout, std::uint32_t fingerprint) {
  const Tree tree = tree_of(layout.shapes_upload() ? Direction::up : Direction::down, wanted, settings, layout);
  return "qdisc replace dev " + tree.device + " parent " + tree.id(0xf0) + " handle " +
         tree.leaf(wanted == Qos::draining ? draining_marker : settled_marker) + " pfifo limit " + std::to_string(fingerprint) +
         "\n";
}

std::string chain(std::string_view name, std::uint32_t major, std::string_view address, const QosSettings& settings,
                  const Site& site) {
  const auto to_class = [&](std::string_view match, std::uint32_t minor) {
    return "    " + std::string(match) + (match.empty() ? "" : " ") + "meta priority set 0x" + hex(major << 16U | minor) +
           " accept\n";
  };
  constexpr std::string_view small_udp = "meta l4proto udp meta length < 300";
  std::string text = "  chain " + std::string(name) + " {\n";
  if (settings.mark_calls) {
    text += to_class("ct mark and 0x" + hex(settings.call_mark.mask) + " == 0x" + hex(settings.call_mark.value), 0x10);
  } else {
    // Without marks: what the phones send and get, or else whatever may be a call.
    for (const IpPrefix& phone : site.phones) {
      text += to_class(
          (phone.address().is_v6() ? "ip6 " : "ip ") + std::string(address) + " " + phone.to_string() + " meta l4proto udp",
          0x10);
    }
    if (site.phones.empty()) {
      text += to_class(small_udp, 0x10);
    }
  }
  text += to_class(small_udp, 0x20);
  text += to_class("meta l4proto { icmp, ipv6-icmp }", 0x20);
  // Acknowledgements without data, with time stamps and SACK blocks, over IPv4 or IPv6; keystrokes too.
  text += to_class("meta l4proto tcp meta length <= 100", 0x20);
  text += to_class("meta l4proto { tcp, udp } th dport { 53, 5060 }", 0x20);
  text += to_class("meta l4proto { tcp, udp } th sport { 53, 5060 }", 0x20);
  return text + to_class("", 0x30) + "  }\n";
}

// All but the marker.
Plan trees(Qos wanted, const QosSettings& settings, const Layout& layout, const std::vector<std::string>& lan_with_clsact) {
  std::string text;
  std::string queues;
  const auto add_tree = [&](Direction direction, std::uint32_t fallback) {
    const Tree tree = tree_of(direction, wanted, settings, layout);
    text += tree_lines(tree, fallback);
    // Both are tried; where the first is there the second is refused, since it is never a replacement.
    queues += fair_queue(tree, direction, settings.tc) + plain_queue(tree, "add");
  };
  if (layout.shapes_download()) {
    add_tree(Direction::down, 0);
  }
  for (const std::string& device : layout.lan) {
    if (std::find(lan_with_clsact.begin(), lan_with_clsact.end(), device) == lan_with_clsact.end()) {
      text += "qdisc add dev " + device + " clsact\n";
    }
    text += "filter add dev " + device + " egress protocol all pref " + std::to_string(preference) +
            " u32 match u32 0 0 action mirred egress redirect dev " + std::string(ifb) + "\n";
  }
  if (layout.shapes_upload()) {
    add_tree(Direction::up, 0x30);
    const Tree tree = tree_of(Direction::up, wanted, settings, layout);
    // nft's inet tables do not see ARP, and a line without it is dead.
    text += "filter add dev " + tree.device + " parent " + tree.id(0) + " protocol arp pref 1 u32 match u32 0 0 flowid " +
            tree.id(0x20) + "\n";
  }
  return {batch(std::move(text)), {.argv = {"tc", "-force", "-batch", "-"}, .input = std::move(queues), .may_fail = true}};
}

}  // namespace

std::string nft_removal() {
  const std::string name = "table inet " + std::string(table) + "\n";
  return name + "delete " + name;
}

std::string nft_rules(const QosSettings& settings, const Site& site) {
  // Before source NAT (100), so that LAN addresses are visible in both directions.
  return nft_removal() + "table inet " + std::string(table) + " {\n" + chain("up", upload_major, "saddr", settings, site) +
         chain("down", download_major, "daddr", settings, site) +
         "  chain post {\n    type filter hook postrouting priority -149; policy accept;\n    oifname \"" + site.wan +
         "\" goto up\n    iifname \"" + site.wan + "\" goto down\n  }\n}\n";
}

std::uint32_t fingerprint(const QosSettings& settings, const Site& site, const Layout& layout) {
  std::string text = nft_rules(settings, site);
  for (const Command& command : trees(Qos::on, settings, layout, layout.lan)) {
    text += command.input;
  }
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  constexpr std::uint32_t most = 999'999;
  return 1 + static_cast<std::uint32_t>(hash_bytes(bytes, 0) % most);
}

Plan tc_installation(Qos wanted, const QosSettings& settings, const Layout& layout,
                     const std::vector<std::string>& lan_with_clsact, std::uint32_t fingerprint) {
  Plan plan = trees(wanted, settings, layout, lan_with_clsact);
  plan.push_back(batch(marker_line(wanted, settings, layout, fingerprint)));
  return plan;
}

std::string tc_change(Qos wanted, const QosSettings& settings, const Layout& layout, const Probe& before,
                      std::uint32_t fingerprint) {
  std::string text;
  for (const Direction direction : {Direction::up, Direction::down}) {
    if (direction == Direction::up ? layout.shapes_upload() : layout.shapes_download()) {
      const Tree tree = tree_of(direction, wanted, settings, layout);
      const bool is_plain_queue = std::any_of(before.qdiscs.begin(), before.qdiscs.end(), [&](const Qdisc& qdisc) {
        return qdisc.device == tree.device && qdisc.handle >> 16U == leaf_major(tree.major, bulk_leaf) && qdisc.kind == "tbf";
      });
      text += bulk_class(tree, "change") + (is_plain_queue ? plain_queue(tree, "change") : "");
    }
  }
  return text + marker_line(wanted, settings, layout, fingerprint);
}

std::string tc_retune(Qos wanted, const QosSettings& settings, const Layout& layout, const Probe& before,
                      std::uint32_t fingerprint) {
  std::string text;
  for (const Direction direction : {Direction::up, Direction::down}) {
    if (direction == Direction::up ? layout.shapes_upload() : layout.shapes_download()) {
      const Tree tree = tree_of(direction, wanted, settings, layout);
      text += classes(tree, "change") + calls_queue(tree, "change");
    }
  }
  return text + tc_change(wanted, settings, layout, before, fingerprint);
}

}  // namespace voip::tc
