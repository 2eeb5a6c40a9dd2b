// The two questions about what is beside us: a broker, and what switches QoS.
#include <algorithm>
#include <utility>

#include "commands/setup/questions.h"

namespace voip {
namespace {

constexpr std::size_t longest_line = 64;  // of a user name in the configuration

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

// The name and the password of a broker that wants them, tried at once. False: ended.
bool ask_credentials(const SetupLooks& looks, BrokerAnswer& broker, BrokerFinding& finding, Conversation& conversation) {
  while (finding.wants_password) {
    conversation.say("It wants a user name and a password. Enter alone leaves MQTT out.");
    const auto username = conversation.ask("User name: ");
    if (!username) {
      return false;
    }
    if (username->empty()) {
      broker = {};
      return true;
    }
    const auto password = conversation.ask_secretly("Password (not shown): ");
    if (!password) {
      return false;
    }
    broker.username = username->substr(0, longest_line);
    broker.password = *password;
    finding = looks.try_broker(broker);
    conversation.say(finding.why_not.empty() ? "It takes us." : "No: " + finding.why_not + ".");
  }
  return true;
}

void watch_only(Answers& answers, std::string why) {
  answers.actuator = "none";
  answers.why_none = std::move(why);
}

// A rate of tc: nothing, it is learnt. False: ended.
bool ask_rate(const std::string& name, bool may_be_learnt, std::optional<std::uint32_t>& kbit, Conversation& conversation) {
  while (true) {
    const auto text = conversation.ask(name + (may_be_learnt ? " [learnt]: " : ": "));
    if (!text) {
      return false;
    }
    if (may_be_learnt && (text->empty() || *text == "auto" || *text == "learnt")) {
      kbit.reset();
      return true;
    }
    if (text->empty() || *text == "0") {
      kbit = 0;
      return true;
    }
    kbit = parse_kbit(*text);
    if (kbit) {
      return true;
    }
    conversation.say("A number from 64 to 10000000, or like 10M; 0: that direction is not shaped.");
  }
}

// The rates of a line that nobody knows. False: ended.
bool ask_rates(const std::string& why_not_learnt, TcRates& rates, Conversation& conversation) {
  const bool may_be_learnt = why_not_learnt.empty();
  conversation.say(
      may_be_learnt ? "The rates of the line are learnt from what passes, as soon as it was full with traffic to two places; "
                      "until then no call is protected. Enter alone leaves it so. Or in kbit/s, or like 10M; 0: that direction "
                      "is not shaped."
                    : "The rates of the line cannot be learnt here (" + why_not_learnt +
                          "): what it carries, in kbit/s, or like 10M. Enter alone: that direction is not shaped.");
  return ask_rate("Upload", may_be_learnt, rates.upload_kbit, conversation) &&
         ask_rate("Download", may_be_learnt, rates.download_kbit, conversation);
}

// Of rates that are known on this router.
std::string rate_words(const std::optional<std::uint32_t>& kbit) {
  return !kbit ? "learnt" : *kbit == 0 ? "not shaped" : std::to_string(*kbit) + " kbit/s";
}

// False: ended.
bool choose_rates(const RateFinding& finding, Answers& answers, Conversation& conversation) {
  TcRates rates = finding.known;
  if (finding.is_any_known()) {
    if (!finding.why_not_learnt.empty()) {
      rates = {rates.upload_kbit.value_or(0), rates.download_kbit.value_or(0)};
    }
    conversation.say("Rates as they are set up on this router: " + rate_words(rates.upload_kbit) + " up, " +
                     rate_words(rates.download_kbit) + " down.");
  } else if (!ask_rates(finding.why_not_learnt, rates, conversation)) {
    return false;
  }
  if (rates == TcRates{0, 0}) {
    watch_only(answers, "tc has no direction to shape: set upload_kbit and download_kbit in [qos.tc].");
  } else {
    answers.rates = rates;
  }
  return true;
}

// The names of those that can be taken, "none" the last.
std::vector<std::string> show_actuators(const std::vector<ActuatorFinding>& findings, Conversation& conversation) {
  std::vector<std::string> choices;
  std::vector<std::string> absent;
  const auto show = [&](const std::string& name, const std::string& text) {
    choices.push_back(name);
    conversation.say(" " + std::to_string(choices.size()) + " " + name + ": " + text);
  };
  for (const ActuatorFinding& one : findings) {
    if (one.is_installed) {
      show(one.name, one.why_not.empty() ? "ready" : "not now: " + one.why_not);
    } else {
      absent.push_back(one.name);
    }
  }
  show("none", "watch only, switch nothing");
  if (!absent.empty()) {
    conversation.say("Not installed: " + listed(absent) + ".");
  }
  return choices;
}

}  // namespace

std::string parse_broker(const std::string& text) {
  const bool has_scheme = text.find("://") != std::string::npos;
  if (text.empty() || text.find_first_of(" \t\"'@") != std::string::npos) {
    return "";
  }
  if (has_scheme) {
    const bool is_known =
        text.starts_with("mqtt://") || text.starts_with("mqtts://") || text.starts_with("ws://") || text.starts_with("wss://");
    return is_known && !text.ends_with("://") ? text : "";
  }
  // An IPv6 address by itself.
  if (const auto address = IpAddress::parse(text); address && address->is_v6()) {
    return "mqtt://[" + text + "]:1883";
  }
  return "mqtt://" + text + (text.find(':') == std::string::npos || text.ends_with(']') ? ":1883" : "");
}

bool ask_broker(const SetupBegin& begin, const SetupLooks& looks, Answers& answers, Conversation& conversation) {
  conversation.say("");
  conversation.say("4/5 MQTT broker, for Home Assistant and others");
  const bool has_one = !begin.now.mqtt.uri.empty();
  if (has_one) {
    conversation.say("Your configuration has " + listed(begin.now.mqtt.uri) + ".");
  }
  std::vector<BrokerFinding> found = has_one ? std::vector<BrokerFinding>() : looks.find_brokers();
  // One that takes us before one that wants a password, which nobody can give it with --yes.
  const auto best = std::find_if(found.begin(), found.end(), [](const BrokerFinding& one) { return one.why_not.empty(); });
  const auto locked = std::find_if(found.begin(), found.end(), [&](const BrokerFinding& one) { return one.wants_password; });
  std::string proposed = best != found.end() ? best->uri : "";
  if (best != found.end()) {
    conversation.say(best->uri + " takes us.");
  } else if (locked != found.end()) {
    conversation.say(locked->uri + " is there, and wants a password.");
    proposed = begin.is_asked ? locked->uri : "";
  } else if (!has_one) {
    conversation.say("None was found. Switching needs none.");
  }
  std::string refused;  // the last one that did not take us
  while (true) {
    const auto text = conversation.ask("Broker [" + (has_one ? "as it is" : proposed.empty() ? "none" : proposed) + "]: ");
    if (!text) {
      return false;
    }
    if (text->empty() && (has_one || proposed.empty())) {
      return true;
    }
    if (*text == "none") {
      answers.broker = BrokerAnswer{};
      return true;
    }
    BrokerAnswer broker{.uri = text->empty() ? proposed : parse_broker(*text)};
    if (broker.uri.empty()) {
      conversation.say("Expected a name, or like mqtt://192.168.1.2:1883; or none.");
      continue;
    }
    const auto known = std::find_if(found.begin(), found.end(), [&](const BrokerFinding& one) { return one.uri == broker.uri; });
    const bool was_tried = known != found.end();
    BrokerFinding finding = was_tried ? *known : looks.try_broker(broker);
    if (!was_tried) {
      conversation.say(finding.why_not.empty() ? "It takes us." : "No: " + finding.why_not + ".");
    }
    if (!ask_credentials(looks, broker, finding, conversation)) {
      return false;
    }
    if (finding.why_not.empty() || broker.uri.empty() || broker.uri == refused) {
      answers.broker = std::move(broker);
      return true;
    }
    refused = broker.uri;
    conversation.say("The same again takes it as it is; or another one, or none.");
  }
}

bool ask_actuator(const SetupBegin& begin, const SetupLooks& looks, Answers& answers, Conversation& conversation) {
  conversation.say("");
  conversation.say("5/5 What switches QoS (actuator)");
  const ActuatorFindings findings = looks.look_at_actuators(answers);
  const ActuatorProposal proposal = propose_actuator(findings.all, begin.now, findings.rates, begin.is_asked);
  const std::vector<std::string> choices = show_actuators(findings.all, conversation);
  conversation.say(proposal.why);
  answers.cake_rates = findings.cake_rates;
  while (true) {
    const auto text = conversation.ask("Actuator [" + proposal.name + "]: ");
    if (!text) {
      return false;
    }
    const auto number = parse_choice(*text, choices.size());
    const std::string name = text->empty() ? proposal.name : number && number->size() == 1 ? choices[number->front() - 1] : *text;
    const bool is_as_before = name == begin.now.qos.actuator;
    if (!is_as_before && std::find(choices.begin(), choices.end(), name) == choices.end()) {
      conversation.say("That is none of them.");
      continue;
    }
    if (name == "cake-rate" && !is_as_before && answers.cake_rates == LineRates{}) {
      conversation.say("It needs a CAKE with a bandwidth on the line, and there is none now.");
      continue;
    }
    answers.actuator = name;
    answers.why_none = name == "none" && proposal.name == "none" ? proposal.why : "";
    if (name != "tc" || is_as_before) {
      return true;
    }
    return choose_rates(findings.rates, answers, conversation);
  }
}

}  // namespace voip
