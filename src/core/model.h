// The words of the engine: flows, counters, calls, modes. Plain values, shared by every room.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "core/call_quality.h"
#include "core/time.h"

namespace voip {

inline constexpr std::uint8_t protocol_tcp = 6;
inline constexpr std::uint8_t protocol_udp = 17;

// As the LAN device sees it: up is what it sends. Used in this sense everywhere.
enum class Direction : std::uint8_t { up, down };

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

std::string to_string(const Endpoint& endpoint);  // "192.0.2.1:5060", "[2001:db8::1]:5060"

// The network a remote address is taken for: IPv4 /24, IPv6 /48.
IpPrefix remote_network(const IpAddress& address);

// A flow as the LAN sees it. `client` is the LAN device, whichever side opened the flow, with its address before NAT;
// `server` is the remote end. That tuple is the original tuple of a flow opened from inside and the reply tuple of one opened
// from outside, so a ctnetlink lookup by it finds the entry either way. `zone` is the conntrack zone of that tuple: the same
// addresses and ports may be there in each zone.
struct FlowKey {
  Endpoint client;
  Endpoint server;
  std::uint8_t protocol = protocol_udp;
  std::uint16_t zone = 0;
  friend auto operator<=>(const FlowKey&, const FlowKey&) = default;
  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

std::string to_string(const FlowKey& key);  // "udp 192.168.1.5:40000 - 203.0.113.9:3478", " in zone 5" but for 0

// The RTCP flow of an RTP flow, and the other way round, where the two are not one: both ports are one higher (RFC 3550, section
// 11). Nothing at the end of the port range.
std::optional<FlowKey> rtcp_of(const FlowKey& rtp);
std::optional<FlowKey> rtp_of(const FlowKey& rtcp);

struct FlowKeyHash {
  std::size_t operator()(const FlowKey& key) const noexcept;
};

// Totals since the flow began, as nf_conntrack_acct counts them: bytes include the IP header, not the link header.
struct Counters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Counters&, const Counters&) = default;
};

// What one look at a flow showed. Counters are absent where accounting was off when the flow was born (they never appear later).
struct FlowSample {
  FlowKey key;
  std::uint32_t conntrack_id = 0;  // another id than before: the tuple was reused by a new flow
  std::optional<Counters> up;
  std::optional<Counters> down;
  std::uint32_t mark = 0;        // conntrack mark
  bool is_offloaded = false;     // IPS_OFFLOAD: counters come from a software flowtable
  bool is_hw_offloaded = false;  // IPS_HW_OFFLOAD: counters are coarse or frozen
};

// Rates of VoIP traffic, rounded to whole packets and tenths of a kbit per second.
struct Rates {
  std::int64_t up_bit_per_s = 0;
  std::int64_t down_bit_per_s = 0;
  std::int32_t up_packets_per_s = 0;
  std::int32_t down_packets_per_s = 0;
  std::int32_t flows = 0;
  friend bool operator==(const Rates&, const Rates&) = default;
};

enum class Mode : std::uint8_t { automatic, on, off };
std::string_view to_string(Mode mode);  // "auto", "on", "off"
std::optional<Mode> parse_mode(std::string_view text);

// How much the line is shaped. `draining` is the first second or so of `on` for actuators that have such a step: bulk is held
// down hard so that the modem's queue empties. It counts as on for everybody outside.
enum class Qos : std::uint8_t { off, draining, on };
std::string_view to_string(Qos qos);

// Why QoS is wanted, or not.
enum class Reason : std::uint8_t {
  idle,      // no call
  call,      // a call is up
  release,   // the call is over, the release delay or the shortest time on is not
  adopted,   // found switched on at start; kept while the detector has its first look
  manual,    // an order: mode on or off, or an override
  too_long,  // on for longer than max_on without a pause: not believed any more
  pause,     // a call is up, but the shortest time off is not over, or policy.compare leaves it alone for a while
  stopping,  // the daemon was asked to end, and switches off before it does
};
inline constexpr std::array<Reason, 8> all_reasons{Reason::idle,   Reason::call,     Reason::release, Reason::adopted,
                                                   Reason::manual, Reason::too_long, Reason::pause,   Reason::stopping};
std::string_view to_string(Reason reason);

// What the detector can see.
enum class Sight : std::uint8_t {
  ok,
  limited,  // some flows are offloaded, or were born without counters
  blind,    // counters cannot be had: no accounting, no privilege, no conntrack
};
std::string_view to_string(Sight sight);  // "ok", "limited", "blind"

enum class Role : std::uint8_t { any, phone, never };
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

// What a call is, as far as counters can tell.
enum class CallKind : std::uint8_t {
  unknown,  // not told yet, or not to be told
  voice,
  video,  // a camera or a screen beside the voice, or without it
};
inline constexpr std::array<CallKind, 3> all_call_kinds{CallKind::unknown, CallKind::voice, CallKind::video};
std::string_view to_string(CallKind kind);

// A call: the media flows between one LAN device and one remote network (IPv4 /24, IPv6 /48).
struct Call {
  std::uint64_t id = 0;
  std::string device;  // the configured name, else the address
  IpAddress client;
  FlowKey first_flow;  // the flow whose counters gave it away
  Instant started{};
  std::optional<Instant> ended;
  Rates rates;                            // at the start: what was measured so far; at the end: means over the call
  std::string reason;                     // the detector's, in words and numbers; of a call that was none, why
  CallKind kind = CallKind::unknown;      // the most that it had: a camera may be switched on later
  bool is_presumed = false;               // it is taken for a call, but not known to be one yet
  CallQuality quality{};                  // while it is up of its last ten seconds, at the end of all of it
  bool had_qos = false;                   // QoS was on during it
  bool was_none = false;                  // at the end: contrary evidence came, it never was a call
  bool was_compared = false;              // policy.compare has left it alone at its beginning
  std::optional<Instant> first_packet{};  // of the first flow; empty: that was there before we looked
  std::optional<Instant> qos_came{};      // QoS was seen to come on for it; empty: it was on before, or did not come for it
  QueueDelays queue_delays{};             // at the end
};

}  // namespace voip
