// A CAKE that others have set up: what is known of it, its bandwidth, and what brings calls to the front of it. Upload: nft gives
// the packets of marked connections DSCP EF, after which CAKE's diffserv modes take them for voice. Download: act_ctinfo takes
// the DSCP out of the mark before the packets come to the IFB, if the configured mark has one. A CAKE with one class for all
// (besteffort) heeds neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/actuator.h"

namespace voip::cake {

// The devices of one line. Upload or download may be empty.
struct Line {
  std::string wan;  // where the ingress hook is
  std::string upload;
  std::string download;
  std::string routed{};   // by which the upload leaves as IP, where that is not `upload` itself: a VLAN on it, a PPPoE session
  bool hides_ip = false;  // the frames that come to `upload` are PPPoE, of which CAKE reads no DSCP (sch_cake.c)
};
// The line of a shaper on `device`, where the WAN's packets pass.
Line line_on(const std::string& device, const Probe& probe, const Site& site);

// sqm-scripts' name for the IFB of a device.
std::string ifb_of(std::string_view device);

// Two commands, to be the first ones of a look: what CAKE says of itself, and our table of nft.
inline constexpr std::size_t look_size = 2;
Plan look(const Line& line);

struct Shaper {
  bool has_classes = false;                // a diffserv mode, so that DSCP means something
  std::optional<std::uint64_t> bit_per_s;  // 0: no limit; empty: it was not understood
};
// The CAKE at a device's root; empty: there is none, or tc could not tell.
std::optional<Shaper> find(const Probe& probe, std::string_view device);

// "900Kbit", "1.5Mbit", "12345bit" as tc prints rates. Empty when it is none.
std::optional<std::uint64_t> parse_rate(std::string_view text);
// Whether what tc printed is that rate: it prints four digits at least, so that a hundredth is no difference.
bool is_rate(std::uint64_t bit_per_s, std::uint64_t kbit);

// Our table of nft is there: a switch of ours has been on, whatever the settings were.
bool has_rules(const Probe& probe);

// What brings calls to the front is as it should be: there as far as this line's shapers heed it, and nothing else of ours.
bool calls_are_right(const Probe& probe, const QosSettings& settings, const Line& line, bool is_wanted);
// The same in words; empty: all is right.
std::string calls_problem(const Probe& probe, const QosSettings& settings, const Line& line, bool is_wanted);
// Appends what makes it so.
void append_calls(const Probe& probe, const QosSettings& settings, const Line& line, bool is_wanted, Plan& plan);
// The two by themselves, for a CAKE that is just being set up: the table may come before it, the filter needs its ingress qdisc.
Command upload_rules(const QosSettings& settings, const Line& line);
bool can_mark_download(const QosSettings& settings);  // whether the configured mark holds a DSCP
Command download_filter(const QosSettings& settings, const Line& line);
// In which directions calls cannot come first, and what would help.
std::string remark(const Probe& probe, const QosSettings& settings, const Line& line);

}  // namespace voip::cake
