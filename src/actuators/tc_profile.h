// The shaping profile of actuator "tc" as text for nft, tc and ip: calls first, then what is small and interactive, then bulk.
// Upload: HTB at the WAN's root. Download: HTB on one IFB, to which the output of every LAN device is redirected; there the
// conntrack mark and the LAN addresses are visible, IPv6 needs no rule of its own, and what does not come from the WAN passes
// unshaped. The class is chosen by nft in postrouting, which HTB takes from skb->priority without any filter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/actuator.h"

namespace voip::tc {

inline constexpr std::string_view ifb = "voip-ifb";
inline constexpr std::string_view table = "voip_qosd";
// Of our redirect among the filters of a LAN device: late, so that whatever others put there has run before.
inline constexpr std::uint32_t preference = 48'879;

// Majors of our handles. Leaves are the tree's major with a digit more: ca1a: calls, ca1b: small, ca1c: bulk.
inline constexpr std::uint32_t upload_major = 0x0ca1;
inline constexpr std::uint32_t download_major = 0x0cb1;
inline constexpr std::uint32_t calls_leaf = 0xa;
inline constexpr std::uint32_t small_leaf = 0xb;
inline constexpr std::uint32_t bulk_leaf = 0xc;
// Which of these two hangs in an empty class tells the state; it is put there last of all, so it is the commit marker too.
inline constexpr std::uint32_t draining_marker = 0xd;
inline constexpr std::uint32_t settled_marker = 0xe;

constexpr std::uint32_t leaf_major(std::uint32_t tree, std::uint32_t leaf) {
  return tree << 4U | leaf;
}

// Packets as the kernel sees them in a tree.
struct Frames {
  std::uint32_t mtu = 1500;
  std::uint32_t header = 14;  // counted before the IP header
  [[nodiscard]] std::uint64_t longest() const { return std::uint64_t{mtu} + header; }
};

// The devices that are shaped; upload or download may be empty.
struct Layout {
  std::string wan;
  std::vector<std::string> lan;
  Frames upload{};
  Frames download{};
  [[nodiscard]] bool shapes_upload() const { return !wan.empty(); }
  [[nodiscard]] bool shapes_download() const { return !lan.empty(); }
};

// The whole table; loading it replaces the one that is there in one transaction.
std::string nft_rules(const QosSettings& settings, const Site& site);
// Removes the table, whether or not it is there.
std::string nft_removal();

// Tells what would be installed now from what other settings, sizes of frames or versions of this program install. The marker
// carries it as its limit of packets, of which it never gets one; so what is out of date is seen, whoever has left it.
std::uint32_t fingerprint(const QosSettings& settings, const Site& site, const Layout& layout);

// Batches of tc, in an order in which the line works after each line of them; `lan_with_clsact` are those that have one already.
// The queue of the rest is CAKE where the kernel has it: it is tried, and where it fails a plain one takes its place.
Plan tc_installation(Qos wanted, const QosSettings& settings, const Layout& layout,
                     const std::vector<std::string>& lan_with_clsact, std::uint32_t fingerprint);
// Lines for a batch that take a whole installation, which is not out of date, from one state to another without dropping a
// packet.
std::string tc_change(Qos wanted, const QosSettings& settings, const Layout& layout, const Probe& before,
                      std::uint32_t fingerprint);
// The same from other rates of the line, of the same directions.
std::string tc_retune(Qos wanted, const QosSettings& settings, const Layout& layout, const Probe& before,
                      std::uint32_t fingerprint);

}  // namespace voip::tc
