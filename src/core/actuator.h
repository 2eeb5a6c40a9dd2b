// What an actuator promises: pure functions that say which commands switch a shaper on and off, and that read from what was seen
// whether it is on. It runs nothing itself; ports/shaping runs the commands and looks at the kernel.
// Exit codes are not believed where the kernel can be looked at.
//
// A new actuator is one file in src/actuators/ plus one line in src/actuators/all.def.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/events.h"
#include "core/json_value.h"
#include "core/settings.h"

namespace voip {

// Where this router's traffic passes, as found at each switch.
struct Site {
  std::string wan;                        // device of the WAN; empty: there is none now
  std::vector<std::string> lan;           // devices towards the LAN (bridges, VLANs, ports that hold its addresses)
  std::vector<IpPrefix> phones;           // addresses of the configured devices of role phone
  std::vector<IpAddress> remotes{};       // far ends of the calls that are up
  std::vector<IpAddress> past_remotes{};  // ... and of those that have ended since QoS was last seen off; bounded
  std::string line_blocker{};             // why the line's rates cannot be learnt; empty: nothing is in the way
};

// One program run with an argument list, never a shell line.
struct Command {
  std::vector<std::string> argv;
  std::string input{};     // on its standard input
  bool may_fail = false;   // its exit status says nothing (it deletes what may be absent)
  bool says_json = false;  // what it prints is read as JSON
};
using Plan = std::vector<Command>;  // run in order; the first that fails, unless it may, ends the plan

struct CommandResult {
  int exit_status = 0;  // -1: it could not be started, was killed, or ran out of time
  // Standard output and error together, at most 64 KiB, of JSON 2 MiB: of more the middle is missing.
  std::string output{};
  std::optional<JsonValue> json{};  // the same, of a command that says JSON; absent where it is none, or was cut
  std::string failure{};            // why exit_status is -1, in words
};

// A network device as RTM_GETLINK tells it.
struct Link {
  std::string name;
  std::uint32_t mtu = 1500;
  std::uint32_t header = 14;  // what the kernel counts of a packet before its IP header: 14 with Ethernet, 0 with ppp and tun
  std::string bridge{};       // of which it is a port; empty: of none
  std::string lower{};        // by which its packets leave, as those of a VLAN do; empty: by none
  bool is_up = true;          // else whatever is sent to it is lost
  friend bool operator==(const Link&, const Link&) = default;
};

// One queueing discipline as RTM_GETQDISC tells it.
struct Qdisc {
  std::string device;
  std::string kind;          // "htb", "hfsc", "ingress", "clsact", "cake" ...
  std::uint32_t handle = 0;  // major number in the upper 16 bits; 0: the kernel's own default
  std::uint32_t parent = 0;
  std::uint32_t limit = 0;  // of a pfifo, in packets; 0: it has none, or it is not known
  [[nodiscard]] bool is_at_root() const { return parent == 0xffffffff; }     // TC_H_ROOT
  [[nodiscard]] bool is_at_ingress() const { return parent == 0xfffffff1; }  // TC_H_INGRESS; clsact is there too
};

// Everything that was looked at.
struct Probe {
  std::vector<Qdisc> qdiscs;
  std::vector<Link> links;             // the devices that exist
  std::vector<CommandResult> results;  // of the observe plan (of the preflight, before a switch), in its order
  std::optional<Qos> last_switch;      // the last plan that ended without an error, if any since the start
  LineRates last_rates{};              // with which the last switch to on was made
  [[nodiscard]] const Link* find_link(std::string_view link_name) const {
    const auto found = std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.name == link_name; });
    return found == links.end() ? nullptr : &*found;
  }
  // What somebody has put at the root of a device; null: there is the kernel's default.
  [[nodiscard]] const Qdisc* find_root(std::string_view device) const {
    const auto found = std::find_if(qdiscs.begin(), qdiscs.end(), [&](const Qdisc& qdisc) {
      return qdisc.device == device && qdisc.is_at_root() && qdisc.handle != 0;
    });
    return found == qdiscs.end() ? nullptr : &*found;
  }
};

struct Actuator {
  std::string_view name;
  bool switches = true;        // false: it only watches, so nothing is ever ordered
  bool drains = false;         // whether Qos::draining differs from Qos::on
  bool takes_rates = false;    // whether rates that are learnt are for it
  bool follows_calls = false;  // what is switched depends on site.remotes, so each new one is worth a look
  // Commands to run and look at before a switch, and what is wrong then: an empty text means go ahead. May be null.
  // `seen` has qdiscs and links; in `before` are also the results of the preflight's commands.
  Plan (*preflight)(Qos wanted, const Probe& seen, const QosSettings&, const Site&) = nullptr;
  std::string (*refuse)(Qos wanted, const Probe& before, const QosSettings&, const Site&) = nullptr;
  Plan (*plan)(Qos wanted, const Probe& before, const QosSettings&, const Site&) = nullptr;
  // Commands whose output `read` wants to see; null: the qdiscs are enough. `seen` has qdiscs and links.
  Plan (*observe)(const Probe& seen, const QosSettings&, const Site&) = nullptr;
  QosObserved (*read)(const Probe&, const QosSettings&, const Site&) = nullptr;
  // What this shaper cannot do of what is configured, seen with the observe plan's results while QoS is on; for people, told
  // once. Empty: it can do all. May be null.
  std::string (*remark)(const Probe&, const QosSettings&, const Site&) = nullptr;
};

}  // namespace voip
