// What setup looks at, when its turn has come. Nothing is changed, and each look ends within seconds whatever hangs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/setup/questions.h"
#include "core/settings.h"
#include "system/command_loop.h"

namespace voip {

// The settings that the answers so far make of those in force.
Settings settings_with(const Settings& now, const Answers& answers);

// The device of OpenWrt's interface "wan", of which netifd knows while it is down, too; empty: there is none.
std::string find_netifd_wan(const NetworkFacts& facts);

// At the places where brokers usually are; each is tried, until one takes us.
std::vector<BrokerFinding> find_brokers(const Settings& now, CommandLoop& commands);
// The password is handed over in memory.
BrokerFinding try_broker(const Settings& now, const BrokerAnswer& broker, CommandLoop& commands);

ActuatorFindings look_at_actuators(const Settings& now, const Answers& answers, CommandLoop& commands);

// Who is in a call: the engine listens to the connection table until Enter is pressed, or for a minute, and says whom it hears.
// Nothing: the input has ended, or Ctrl-C.
std::optional<std::vector<IpAddress>> listen_for_calls(const Settings& now, const Answers& answers, Conversation& conversation,
                                                       CommandLoop& commands);

// On OpenWrt: what makes the service run with this file, in lines for people; empty: it does already, or none is needed.
// `uci_text` is /etc/config/voip-qosd. Pure.
std::string uci_advice(const std::string& uci_text, const std::string& file);

}  // namespace voip
