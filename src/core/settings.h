// Every setting, with the default that runs without a file. config/config.cpp reads the file into this, config/voip-qosd.toml
// shows each key; a test fails until all three agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

struct NodeSettings {
  std::string id = "router";  // [a-zA-Z0-9_-]+: it stands in topics and in Home Assistant's ids
  std::string name;           // for people; empty: the id
  std::string state_dir = "/var/lib/voip-qosd";
  std::uint32_t keep_calls = 500;  // so many of the last ones, for the report; 0: none
  friend bool operator==(const NodeSettings&, const NodeSettings&) = default;
};

enum class KernelEvents : std::uint8_t { all, candidates };

struct MonitorSettings {
  std::vector<IpPrefix> lan;       // empty ("auto"): where clients are, see ports/network
  Duration interval = 1s;          // how often the counters of an established call are read
  Duration fast_interval = 250ms;  // ... and of a flow that may become one
  std::uint32_t max_watched_flows = 512;
  bool enable_accounting = true;   // set net.netfilter.nf_conntrack_acct at start; it counts only flows born afterwards
  Duration audit_interval = 5min;  // how often the whole table is listed, to find what events missed
  // candidates: the kernel tells nobody of flows that cannot be calls
  KernelEvents kernel_events = KernelEvents::all;
  friend bool operator==(const MonitorSettings&, const MonitorSettings&) = default;
};

enum class Sensitivity : std::uint8_t { low, normal, high };

struct CallsSettings {
  Sensitivity sensitivity = Sensitivity::normal;
  std::vector<std::uint16_t> voip_ports;   // further ports that carry calls here
  std::vector<std::uint16_t> never_ports;  // further ports that never do
  friend bool operator==(const CallsSettings&, const CallsSettings&) = default;
};

enum class ThresholdDirection : std::uint8_t { either, up, down, both };

struct ThresholdSettings {
  ThresholdDirection direction = ThresholdDirection::either;
  std::uint32_t packets_per_s = 30;  // the threshold, unless kbit_per_s is given
  std::optional<std::uint32_t> kbit_per_s;
  std::uint32_t on_after_steps = 3;
  std::uint32_t off_after_steps = 3;
  Duration step = 1s;
  bool udp_only = true;  // protocol = "udp"; "any" counts TCP too, as the ancestor did
  friend bool operator==(const ThresholdSettings&, const ThresholdSettings&) = default;
};

struct DetectorSettings {
  std::string use = "calls";
  CallsSettings calls;
  ThresholdSettings threshold;
  friend bool operator==(const DetectorSettings&, const DetectorSettings&) = default;
};

struct DeviceSettings {
  std::string name;
  std::optional<IpPrefix> address;  // one of address, mac, hostname
  std::string mac;
  std::string hostname;
  Role role = Role::any;
  friend bool operator==(const DeviceSettings&, const DeviceSettings&) = default;
};

enum class OnExit : std::uint8_t { off, leave };

struct PolicySettings {
  Mode mode = Mode::automatic;
  Duration release_after = 10s;
  Duration min_on = 10s;
  Duration min_off = 5s;
  Duration max_on = 4h;  // in mode auto, without a pause
  Duration override_for = 2h;
  std::uint32_t compare_every = 0;  // compare = "every 5th call": each such call is left alone at its beginning; 0: "off"
  OnExit on_exit = OnExit::off;
  friend bool operator==(const PolicySettings&, const PolicySettings&) = default;
};

enum class Drain : std::uint8_t { off, fixed, measured };
enum class LinkLayer : std::uint8_t { ethernet, atm, ptm };

// What a line carries each way; 0: not known.
struct LineRates {
  std::uint32_t upload_kbit = 0;
  std::uint32_t download_kbit = 0;
  friend bool operator==(const LineRates&, const LineRates&) = default;
};

struct TcSettings {
  std::uint32_t upload_kbit = 0;  // the line's rates; 0: that direction is not shaped, or its rate is not known yet
  std::uint32_t download_kbit = 0;
  bool upload_is_auto = true;  // "auto": the rate is learnt from the line
  bool download_is_auto = true;
  std::uint32_t bulk_percent = 70;  // what is left to the rest while a call is up
  Drain drain = Drain::fixed;
  Duration drain_for = 1s;  // right up to 800 ms of backlog in the modem
  std::uint32_t drain_percent = 10;
  std::uint32_t overhead = 0;  // bytes that the line adds to each IP packet; 0: what the kernel counts is taken
  std::uint32_t mpu = 0;       // the line carries no packet in fewer bytes, overhead included
  LinkLayer link_layer = LinkLayer::ethernet;
  std::vector<std::string> lan;  // devices whose output is the download; empty: those that hold the LAN's addresses
  friend bool operator==(const TcSettings&, const TcSettings&) = default;
};

struct ExecSettings {
  std::vector<std::string> on;
  std::vector<std::string> off;
  std::vector<std::string> observe;  // exit 0: QoS is on, 1: off, anything else: unknown
  friend bool operator==(const ExecSettings&, const ExecSettings&) = default;
};

enum class Foreign : std::uint8_t { stop, leave };

struct QosScriptsSettings {
  std::string start = "qos-start";
  std::string stop = "qos-stop";
  std::string interface = "wan";    // the section of /etc/config/qos
  Foreign foreign = Foreign::stop;  // what becomes of a start that somebody else has ordered, while QoS is not wanted
  friend bool operator==(const QosScriptsSettings&, const QosScriptsSettings&) = default;
};

struct SqmScriptsSettings {
  std::string run = "/usr/lib/sqm/run.sh";
  std::string state_dir = "/var/run/sqm";
  std::string interface;  // the device of the queue in /etc/config/sqm; empty: the WAN
  friend bool operator==(const SqmScriptsSettings&, const SqmScriptsSettings&) = default;
};

// Two bandwidths of a CAKE that others have set up.
struct CakeRateSettings {
  std::uint32_t upload_kbit = 0;  // during a call; 0: that direction is let alone, or its rate is not known yet
  std::uint32_t download_kbit = 0;
  bool upload_is_auto = false;  // "auto": as much as the line is learnt to carry
  bool download_is_auto = false;
  std::uint32_t idle_upload_kbit = 0;  // without one; 0: no limit
  std::uint32_t idle_download_kbit = 0;
  std::string download_device{};  // empty: ifb4 and the name of the WAN, as sqm-scripts names it
  friend bool operator==(const CakeRateSettings&, const CakeRateSettings&) = default;
};

struct QosifySettings {
  std::string dscp = "voice";  // a class of /etc/config/qosify, or a code point
  Duration timeout = 60s;      // an address is forgotten so long, and qosify's own five minutes, after it was last renewed
  friend bool operator==(const QosifySettings&, const QosifySettings&) = default;
};

// value/mask of the conntrack mark that says "this flow is a call".
struct MarkSettings {
  std::uint32_t value = 0x01000000;
  std::uint32_t mask = 0x01000000;
  friend bool operator==(const MarkSettings&, const MarkSettings&) = default;
};

struct QosSettings {
  std::string actuator = "none";
  std::string wan = "auto";   // a device, an OpenWrt interface name, or "auto": where the default route goes
  Duration timeout = 30s;     // for one switch
  std::uint32_t retries = 3;  // quick ones, before a problem is reported; slow ones go on after it
  bool mark_calls = true;
  MarkSettings call_mark;
  Duration queue_target{};  // a queue of the line that is held in a call where its rate is learnt; 0: none
  TcSettings tc;
  ExecSettings exec;
  QosScriptsSettings qos_scripts;
  SqmScriptsSettings sqm_scripts;
  CakeRateSettings cake_rate;
  QosifySettings qosify;
  friend bool operator==(const QosSettings&, const QosSettings&) = default;
};

struct MqttSettings {
  std::vector<std::string> uri;  // empty: no MQTT at all; several are tried in order
  std::string username;
  std::string password_file;
  std::string client_id;      // empty: "voip-qosd-<node id>"
  std::uint32_t version = 5;  // 5, or 3 for MQTT 3.1.1
  Duration keep_alive = 30s;
  Duration max_reconnect_delay = 30s;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool verify_hostname = true;
  std::string base_topic = "voip-qos";
  bool commands = true;
  std::vector<std::string> response_topics;  // those of MQTT 5 that askers may name, with all below them, besides our own
  friend bool operator==(const MqttSettings&, const MqttSettings&) = default;
};

struct HomeAssistantSettings {
  bool discovery = true;
  std::string prefix = "homeassistant";
  bool device_style = true;  // style = "device"; "entity" for consumers that know only single-entity discovery
  friend bool operator==(const HomeAssistantSettings&, const HomeAssistantSettings&) = default;
};

struct ControlSettings {
  std::string socket = "/run/voip-qosd/control.sock";
  std::string group;  // may use it too; empty: only the daemon's own user
  friend bool operator==(const ControlSettings&, const ControlSettings&) = default;
};

struct LogSettings {
  std::string level = "info";
  std::string target = "stderr";
  std::string file = "/var/log/voip-qosd/voip-qosd.log";
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct Settings {
  NodeSettings node;
  MonitorSettings monitor;
  DetectorSettings detector;
  std::vector<DeviceSettings> devices;
  PolicySettings policy;
  QosSettings qos;
  MqttSettings mqtt;
  HomeAssistantSettings home_assistant;
  ControlSettings control;
  LogSettings log;
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace voip
