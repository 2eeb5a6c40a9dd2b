// For each actuator a world in which it works: its settings, and what a look shows when QoS is off, draining and on. The generic
// suite runs over them; an actuator without a world fails it.
#pragma once

#include <string>
#include <vector>

#include "actuators/tc_profile.h"
#include "core/actuator.h"
#include "system/json_reader.h"

namespace voip {

struct ActuatorWorld {
  std::string name;
  QosSettings settings;
  Site site;
  // What is seen in that state; the results are those of the observe plan, or those of the preflight.
  Probe (*seen)(Qos state, bool before_switch) = nullptr;
};

namespace worlds {

inline constexpr std::uint32_t root = 0xffffffff;
inline constexpr std::uint32_t ingress = 0xfffffff1;

inline CommandResult said(std::string output) {
  auto json = read_json(output);
  return {.exit_status = 0, .output = std::move(output), .json = std::move(json)};
}
inline CommandResult failed(int status = 1) {
  return {.exit_status = status};
}

// A router without any shaping.
inline Probe bare() {
  Probe probe;
  probe.links = {{"lo"}, {"wan"}, {"br-lan"}};
  probe.qdiscs = {{"lo", "noqueue", 0, root}, {"wan", "fq_codel", 0, root}, {"br-lan", "noqueue", 0, root}};
  return probe;
}
inline void put_root(Probe& probe, const std::string& device, const std::string& kind, std::uint32_t handle) {
  std::erase_if(probe.qdiscs, [&](const Qdisc& qdisc) { return qdisc.device == device && qdisc.parent == root; });
  probe.qdiscs.push_back({device, kind, handle, root});
}

inline Probe exec(Qos state, bool before_switch) {
  Probe probe = bare();
  if (!before_switch) {
    probe.results = {failed(state == Qos::off ? 1 : 0)};
  }
  return probe;
}

inline Probe qos_scripts(Qos state, bool /*before_switch*/) {
  Probe probe = bare();
  std::string rules = "-P FORWARD ACCEPT\n";
  if (state == Qos::on) {
    put_root(probe, "wan", "hfsc", 0x10000);
    probe.qdiscs.push_back({"wan", "ingress", 0xffff0000, ingress});
    probe.links.push_back({"ifb0"});
    probe.qdiscs.push_back({"ifb0", "hfsc", 0x10000, root});
    rules +=
        "-A FORWARD -o wan -m connmark --mark 0x1000000/0x1000000 -m comment --comment voip-qosd -j MARK --set-xmark 0x20/0xf0\n"
        "-A FORWARD -o wan -j qos_Default\n";
  }
  probe.results = {said(rules), failed(-1), said("qos.wan=interface\nqos.wan.enabled='1'\nqos.wan.download='4500'\n")};
  return probe;
}

inline Probe tc(Qos state, bool before_switch) {
  Probe probe = bare();
  const bool is_on = state != Qos::off;
  if (is_on) {
    probe.links.push_back({"voip-ifb"});
    for (const auto& [device, major] : {std::pair{std::string("wan"), 0xca1U}, std::pair{std::string("voip-ifb"), 0xcb1U}}) {
      put_root(probe, device, "htb", major << 16U);
      probe.qdiscs.push_back({device, "pfifo", (major << 4U | 0xaU) << 16U, 0});
      probe.qdiscs.push_back({device, "pfifo", (major << 4U | 0xbU) << 16U, 0});
      probe.qdiscs.push_back({device, "tbf", (major << 4U | 0xcU) << 16U, 0});
    }
    probe.qdiscs.push_back({"wan", "pfifo", (state == Qos::draining ? 0xca1dU : 0xca1eU) << 16U, 0});
    probe.qdiscs.push_back({"br-lan", "clsact", 0xffff0000, ingress});
    probe.results = {said("filter protocol all pref 48879 u32 chain 0 fh 800::800 order 2048\n")};
  }
  if (!before_switch) {
    probe.results.push_back(is_on ? said(tc::nft_rules({}, {.wan = "wan", .lan = {}, .phones = {}})) : failed());
  }
  for (std::size_t tree = 0; is_on && tree < 2; ++tree) {
    probe.results.push_back(failed());  // the classes cannot be listed
  }
  return probe;
}

inline const std::string our_dscp_table = R"(table inet voip_qosd { comment "wan 0x1000000/0x1000000" })";

inline Probe sqm_scripts(Qos state, bool before_switch) {
  Probe probe = bare();
  const bool is_on = state == Qos::on;
  if (is_on) {
    put_root(probe, "wan", "cake", 0x80010000);
    probe.qdiscs.push_back({"wan", "ingress", 0xffff0000, ingress});
    probe.links.push_back({"ifb4wan"});
    probe.qdiscs.push_back({"ifb4wan", "cake", 0x80020000, root});
  }
  probe.results = {
      is_on ? said("qdisc cake 8001: dev wan root refcnt 2 bandwidth 900Kbit diffserv3 triple-isolate nat\n"
                   "qdisc ingress ffff: dev wan parent ffff:fff1 ----------------\n"
                   "qdisc cake 8002: dev ifb4wan root refcnt 2 bandwidth 4500Kbit besteffort triple-isolate nat wash\n")
            : said("qdisc fq_codel 0: dev wan root refcnt 2 limit 10240p\n"),
      is_on ? said(our_dscp_table) : failed(),
      said("sqm.wan=queue\nsqm.wan.enabled='1'\nsqm.wan.interface='wan'\nsqm.wan.upload='900'\nsqm.wan.download='4500'\n"
           "sqm.wan.script='layer_cake.qos'\n"),
      is_on ? said("IFACE=\"wan\"\n") : failed()};
  if (before_switch || is_on) {
    probe.results.push_back(failed());
    probe.results.push_back(said("1\n2\nself\n"));
  }
  return probe;
}

inline Probe cake_rate(Qos state, bool /*before_switch*/) {
  Probe probe = bare();
  const bool is_on = state == Qos::on;
  put_root(probe, "wan", "cake", 0x80010000);
  probe.links.push_back({"ifb4wan"});
  probe.qdiscs.push_back({"ifb4wan", "cake", 0x80020000, root});
  probe.results = {said(is_on ? "qdisc cake 8001: dev wan root refcnt 2 bandwidth 900Kbit diffserv4 triple-isolate\n"
                                "qdisc cake 8002: dev ifb4wan root refcnt 2 bandwidth 4500Kbit diffserv4 triple-isolate\n"
                              : "qdisc cake 8001: dev wan root refcnt 2 bandwidth 2Mbit diffserv4 triple-isolate\n"
                                "qdisc cake 8002: dev ifb4wan root refcnt 2 bandwidth unlimited diffserv4 triple-isolate\n"),
                   is_on ? said(our_dscp_table) : failed(), failed(2)};
  return probe;
}

inline Probe qosify(Qos state, bool /*before_switch*/) {
  Probe probe = bare();
  put_root(probe, "wan", "cake", 0x80010000);
  probe.results = {said(state == Qos::on ? R"({ "entries": [ { "timeout": 58, "file": false, "user": true, "dscp": "voice",
      "type": "ipv4_addr", "addr": "203.0.113.9" } ] })"
                                         : R"({ "entries": [ ] })")};
  probe.results.push_back(said(R"({ "devices": { }, "interfaces": { "wan": { "active": true, "ifname": "wan" } } })"));
  probe.results.push_back(said(R"({"classes":{"voice":{"packets":1,"bytes":200},"tcp_default":{"packets":0,"bytes":0}}})"));
  probe.results.push_back(
      said("qosify.voice=class\nqosify.voice.ingress='CS6'\nqosify.gold=alias\nqosify.wan=interface\nqosify.wan.disabled='0'\n"));
  return probe;
}

inline std::vector<ActuatorWorld> all() {
  const Site site{
      .wan = "wan", .lan = {"br-lan"}, .phones = {}, .remotes = {*IpAddress::parse("203.0.113.9")}, .past_remotes = {}};
  QosSettings settings;
  settings.tc.upload_kbit = 1000;
  settings.tc.download_kbit = 5000;
  settings.exec = {.on = {"/opt/on", "a b"}, .off = {"/opt/off"}, .observe = {"/opt/observe"}};
  settings.cake_rate = {
      .upload_kbit = 900, .download_kbit = 4500, .idle_upload_kbit = 2000, .idle_download_kbit = 0, .download_device = ""};
  return {{"none", settings, site, [](Qos, bool) { return bare(); }},
          {"exec", settings, site, exec},
          {"qos-scripts", settings, site, qos_scripts},
          {"tc", settings, site, tc},
          {"sqm-scripts", settings, site, sqm_scripts},
          {"cake-rate", settings, site, cake_rate},
          {"qosify", settings, site, qosify}};
}

}  // namespace worlds
}  // namespace voip
