// The node on MQTT: says what the engine reports, takes orders, announces itself to Home Assistant. It is a guest in the daemon:
// a broker that is absent, wrong, slow or frozen costs one log line for each change and never a wait, and switching goes on.
// While there is no connection only the newest state is kept; all of it is said again on each connection.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/settings.h"
#include "ports/mqtt/address.h"
#include "ports/mqtt/payload/topics.h"
#include "system/command_loop.h"
#include "system/port.h"

namespace voip {

// Without mqtt.uri it does nothing at all. `version` is the program's, for `info` and Home Assistant; `machine` tells this router
// from another one of the same node id; empty: by what its hardware is.
std::unique_ptr<Port> make_mqtt(const Settings& settings, const std::string& version, const std::string& machine = {});

// What `state` has as its error while another router has the same node id.
std::string twin_problem(const Settings& settings);

// ---- For commands ----

struct MqttTrial {
  std::string uri;
  std::string why{};                              // there is no connection; empty: it was accepted
  std::vector<std::string> refused{};             // what the broker's access list forbids, with its reason
  std::vector<std::string> lacks{};               // what it cannot do: "keeps no retained messages: ..."
  std::map<std::string, std::string> retained{};  // what is kept on the topics that were asked for
};

// Tries whether the brokers of mqtt.uri would take the daemon, one after the other: as somebody of its own, who leaves nothing
// behind and publishes nothing. The name is looked up, its port knocked at, the configured credentials are shown, the topics are
// subscribed to for a moment. Some twenty seconds for each at most, mostly milliseconds. An error is one of the settings, never
// the network's.
Result<std::vector<MqttTrial>> try_brokers(const Settings& settings, const std::vector<std::string>& topics,
                                           CommandLoop& commands);

struct MqttPurged {
  std::size_t topics = 0;
  bool node_was_online = false;  // then it will say most of it again: it is to be stopped first
};

// Removes what the node has left with the broker: every retained topic below its base, and its Home Assistant discovery. Waits
// for the network, some seconds at most; not for use on the daemon's loop.
Result<MqttPurged> purge_mqtt(const Settings& settings);

// True where a password would go readable over the network: no TLS and not to this machine.
bool sends_password_in_clear(const MqttSettings& mqtt);

}  // namespace voip
