#include "commands/setup/questions.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/words.h"
#include "commands/setup/propose_network.h"
#include "commands/setup/telephones.h"

namespace voip {
namespace {

std::string numbered(std::size_t number, const std::string& text) {
  return " " + std::to_string(number) + "  " + text;
}

std::string listed(const std::vector<IpPrefix>& networks) {
  std::string text;
  for (const IpPrefix& network : networks) {
    text += (text.empty() ? "" : ", ") + network.to_string();
  }
  return text;
}

// A name that qos.wan takes.
bool is_device_name(const std::string& text) {
  constexpr std::size_t longest = 15;
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' || c == '@' || c == ':';
  });
}

// Networks, or devices of the list by number or name; what is neither goes into `problem`.
std::vector<IpPrefix> parse_lan(const std::string& text, const LanProposal& proposal, std::string& problem) {
  std::vector<std::string> devices;
  std::vector<IpPrefix> networks;
  std::string plain = text;
  std::replace(plain.begin(), plain.end(), ',', ' ');
  for (const std::string_view word : words_of(plain)) {
    const auto number = parse_number(word);
    const auto device = std::find_if(proposal.candidates.begin(), proposal.candidates.end(),
                                     [&](const LanCandidate& candidate) { return candidate.device == word; });
    if (number && *number >= 1 && *number <= proposal.candidates.size()) {
      devices.push_back(proposal.candidates[*number - 1].device);
    } else if (device != proposal.candidates.end()) {
      devices.push_back(device->device);
    } else if (const auto prefix = IpPrefix::parse(word)) {
      networks.push_back(*prefix);
    } else {
      problem = "\"" + std::string(word) + "\" is no network like 192.168.1.0/24, and none of these devices.";
      return {};
    }
  }
  if (!networks.empty()) {
    for (const LanCandidate& candidate : proposal.candidates) {
      if (std::find(devices.begin(), devices.end(), candidate.device) != devices.end()) {
        networks.insert(networks.end(), candidate.networks.begin(), candidate.networks.end());
      }
    }
    return networks;
  }
  return lan_setting_for(proposal, devices);
}

void show_telephones(const std::vector<Telephone>& telephones, Conversation& conversation) {
  for (std::size_t i = 0; i < telephones.size(); ++i) {
    const DeviceSettings& device = telephones[i].device;
    conversation.say(numbered(
        i + 1, device.name + "  " + (device.address ? device.address->to_string() : device.mac) + "  " + telephones[i].why));
  }
}

// Who is in a call goes to the others. False: nobody new.
bool add_heard(const SetupBegin& begin, const std::vector<IpAddress>& heard, std::vector<Telephone>& telephones) {
  std::vector<DeviceSettings> taken = begin.now.devices;
  for (const Telephone& telephone : telephones) {
    taken.push_back(telephone.device);
  }
  bool has_new = false;
  for (const IpAddress& address : heard) {
    DeviceSettings device = device_at(address, begin.hosts, taken);
    if (!is_known(device, taken)) {
      taken.push_back(device);
      telephones.push_back({std::move(device), "heard in a call"});
      has_new = true;
    }
  }
  return has_new;
}

}  // namespace

std::optional<std::vector<std::size_t>> parse_choice(const std::string& text, std::size_t most) {
  std::string plain = text;
  std::replace(plain.begin(), plain.end(), ',', ' ');
  std::vector<std::size_t> chosen;
  for (const std::string_view word : words_of(plain)) {
    const auto number = parse_number(word);
    if (!number || *number < 1 || *number > most) {
      return std::nullopt;
    }
    if (std::find(chosen.begin(), chosen.end(), *number) == chosen.end()) {
      chosen.push_back(*number);
    }
  }
  return chosen.empty() ? std::nullopt : std::optional(chosen);
}

bool ask_wan(const SetupBegin& begin, Answers& answers, std::string& device, Conversation& conversation) {
  const WanProposal proposal = propose_wan(begin.network, begin.now, begin.netifd_wan);
  conversation.say("");
  conversation.say("1/5 The line to the provider (WAN)");
  conversation.say(proposal.why);
  std::vector<std::string> choices{proposal.setting};
  if (proposal.setting != "auto") {
    choices.emplace_back("auto");
  }
  std::copy_if(proposal.others.begin(), proposal.others.end(), std::back_inserter(choices),
               [&](const std::string& other) { return other != proposal.setting; });
  for (std::size_t i = 0; i < choices.size() && choices.size() > 1; ++i) {
    conversation.say(numbered(i + 1, choices[i] == "auto" ? "auto  (the default route)" : choices[i]));
  }
  while (true) {
    const auto text = conversation.ask("WAN [" + proposal.setting + "]: ");
    if (!text) {
      return false;
    }
    const auto number = parse_choice(*text, choices.size());
    answers.wan = text->empty() ? proposal.setting : number && number->size() == 1 ? choices[number->front() - 1] : *text;
    if (is_device_name(answers.wan)) {
      break;
    }
    conversation.say("That is no name of a device.");
  }
  device = answers.wan == proposal.setting ? proposal.device
           : answers.wan == "auto"         ? choose_wan("auto", begin.network.interfaces, begin.network.routes)
                                           : answers.wan;
  return true;
}

bool ask_lan(const SetupBegin& begin, const std::string& wan, Answers& answers, Conversation& conversation) {
  const LanProposal proposal = propose_lan(begin.network, wan, begin.now);
  conversation.say("");
  conversation.say("2/5 The networks with your phones (LAN)");
  if (!proposal.why.empty()) {
    conversation.say(proposal.why);
  }
  for (std::size_t i = 0; i < proposal.candidates.size(); ++i) {
    const LanCandidate& candidate = proposal.candidates[i];
    conversation.say(numbered(i + 1, candidate.device + "  " + listed(candidate.networks)));
  }
  const std::string found = proposal.setting.empty() ? "auto" : listed(proposal.setting);
  while (true) {
    const auto text = conversation.ask("LAN [" + found + "]: ");
    if (!text) {
      return false;
    }
    std::string problem;
    answers.lan = text->empty()     ? proposal.setting
                  : *text == "auto" ? std::vector<IpPrefix>()
                                    : parse_lan(*text, proposal, problem);
    if (problem.empty()) {
      return true;
    }
    conversation.say(problem);
  }
}

bool ask_telephones(const SetupBegin& begin, const SetupLooks& looks, Answers& answers, Conversation& conversation) {
  std::vector<Telephone> telephones = find_telephones(begin.hosts, begin.now.devices);
  conversation.say("");
  conversation.say("3/5 Telephones");
  conversation.say("Of what you name here, any media is a call at once. All others are known by the shape of their calls.");
  if (!begin.now.devices.empty()) {
    conversation.say("Your configuration names " + std::to_string(begin.now.devices.size()) + " device(s) already; they stay.");
  }
  while (true) {
    show_telephones(telephones, conversation);
    if (telephones.empty()) {
      conversation.say("None was found by name or maker.");
    }
    if (begin.is_asked) {
      conversation.say(std::string(telephones.empty() ? "" : "Numbers take some, \"none\" takes none. ") +
                       "\"listen\": then call somebody, and I name who talks.");
    }
    const auto text = conversation.ask(telephones.empty() ? "Phones [none]: " : "Phones [all]: ");
    if (!text) {
      return false;
    }
    const auto chosen = parse_choice(*text, telephones.size());
    answers.new_devices.clear();
    if (text->empty() || *text == "all") {
      std::transform(telephones.begin(), telephones.end(), std::back_inserter(answers.new_devices),
                     [](const Telephone& one) { return one.device; });
      return true;
    }
    if (*text == "none") {
      return true;
    }
    if (*text == "listen" || *text == "l") {
      const auto heard = looks.listen(answers);
      if (!heard) {
        return false;
      }
      if (!add_heard(begin, *heard, telephones)) {
        conversation.say("Nobody new was heard in a call.");
      }
    } else if (chosen) {
      for (const std::size_t number : *chosen) {
        answers.new_devices.push_back(telephones[number - 1].device);
      }
      return true;
    } else {
      conversation.say("That is none of the answers.");
    }
  }
}

std::optional<Answers> ask_all(const SetupBegin& begin, const SetupLooks& looks, Conversation& conversation) {
  Answers answers;
  std::string wan;
  const bool is_done = ask_wan(begin, answers, wan, conversation) && ask_lan(begin, wan, answers, conversation) &&
                       ask_telephones(begin, looks, answers, conversation) && ask_broker(begin, looks, answers, conversation) &&
                       ask_actuator(begin, looks, answers, conversation);
  return is_done ? std::optional(std::move(answers)) : std::nullopt;
}

}  // namespace voip
