// The five questions, each with the answer that was found: Enter takes it. What they look at and whom they talk to is handed in,
// so nothing here does anything by itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "commands/facts/facts.h"
#include "commands/setup/configuration_text.h"
#include "commands/setup/conversation.h"
#include "commands/setup/propose_actuator.h"
#include "core/settings.h"
#include "ports/devices/devices.h"

namespace voip {

// A broker that was tried.
struct BrokerFinding {
  std::string uri;
  std::string why_not{};        // there is no connection; empty: it takes us
  bool wants_password = false;  // it is there, and takes nobody without the right name and password
};

struct ActuatorFindings {
  std::vector<ActuatorFinding> all{};
  RateFinding rates{};
  LineRates cake_rates{};  // of a CAKE that is there
};

// What is looked at when its turn has come; each may take seconds.
struct SetupLooks {
  std::function<std::vector<BrokerFinding>()> find_brokers;
  std::function<BrokerFinding(const BrokerAnswer&)> try_broker;
  // Who is in a call. Nothing: the input has ended meanwhile.
  std::function<std::optional<std::vector<IpAddress>>(const Answers&)> listen;
  std::function<ActuatorFindings(const Answers&)> look_at_actuators;
};

struct SetupBegin {
  Settings now{};  // in force: of the file that is there, or the defaults
  NetworkFacts network{};
  std::string netifd_wan{};  // see propose_wan()
  std::vector<SeenHost> hosts{};
  bool is_asked = true;  // somebody answers; else what was found is taken
};

// Nothing: the input has ended, or somebody has ended it.
std::optional<Answers> ask_all(const SetupBegin& begin, const SetupLooks& looks, Conversation& conversation);

// The parts, in their order. False: ended.
bool ask_wan(const SetupBegin& begin, Answers& answers, std::string& device, Conversation& conversation);
bool ask_lan(const SetupBegin& begin, const std::string& wan, Answers& answers, Conversation& conversation);
bool ask_telephones(const SetupBegin& begin, const SetupLooks& looks, Answers& answers, Conversation& conversation);
bool ask_broker(const SetupBegin& begin, const SetupLooks& looks, Answers& answers, Conversation& conversation);
bool ask_actuator(const SetupBegin& begin, const SetupLooks& looks, Answers& answers, Conversation& conversation);

// "1 3": each a number of a list of so many, counted from 1; nothing where it is anything else.
std::optional<std::vector<std::size_t>> parse_choice(const std::string& text, std::size_t most);

// "homeassistant", "192.168.1.2:1884", "mqtts://host": the URI that it means; empty: none.
std::string parse_broker(const std::string& text);

}  // namespace voip
