#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "commands/common/exit_status.h"
#include "commands/doctor/doctor.h"
#include "commands/setup/files.h"
#include "commands/setup/look.h"
#include "commands/setup/on_terminal.h"
#include "commands/setup/setup.h"
#include "config/config.h"
#include "system/read_start.h"
#include "terminal/input.h"
#include "terminal/output.h"

namespace voip {
namespace {

constexpr unsigned config_mode = 0644;
constexpr unsigned secret_mode = 0600;

std::string password_path(const std::string& config) {
  return config.substr(0, config.rfind('/') + 1) + "mqtt-password";
}

// An absolute path, as the service and the password's place need it.
std::string path_of(const SetupOptions& options) {
  std::string path = options.config.value_or(default_config_path);
  if (!path.starts_with('/')) {
    const std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), &std::free);
    path = (here ? std::string(here.get()) : "") + "/" + path;
  }
  return real_path(path);
}

int undo(const std::string& path) {
  if (!has_old(path)) {
    complain("voip-qosd: there is no " + path + ".old: nothing is put back");
    return exit_failed;
  }
  Status back = put_old_back(path);
  if (const std::string password = password_path(path); back && has_old(password)) {
    back = put_old_back(password);
  }
  if (!back) {
    complain("voip-qosd: " + back.error());
    return exit_failed;
  }
  print(path + " is what it was before\n");
  return exit_done;
}

// What is there already.
struct Present {
  std::string text;
  bool is_there = false;
  Settings settings;
  std::vector<Problem> problems;
};

Result<Present> read_present(const std::string& path) {
  auto text = read_text(path);
  if (!text) {
    return Error{text.error()};
  }
  Present present;
  if (*text) {
    present.text = **text;
    present.is_there = true;
    LoadedSettings loaded = parse_settings(present.text, path, NamedFiles::ignored);
    if (auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
      present.problems = std::move(*problems);
    } else {
      present.settings = std::get<Settings>(std::move(loaded));
    }
  }
  return present;
}

class Setup {
 public:
  Setup(const SetupOptions& options, std::string path, Present present, CommandLoop& commands)
      : options_(options),
        path_(std::move(path)),
        present_(std::move(present)),
        commands_(commands),
        conversation_(options.takes_what_is_found ? talk_to_nobody(commands) : talk_on_terminal(commands)) {}

  // Whether all is as wanted now; the exit status where not.
  std::optional<int> run() {
    say_what_this_is();
    SetupBegin begin{.now = present_.settings, .is_asked = !options_.takes_what_is_found};
    begin.network = look_at_network(begin.now, commands_);
    if (!begin.network.error.empty()) {
      complain("voip-qosd: " + begin.network.error);
      return exit_failed;
    }
    begin.netifd_wan = find_netifd_wan(begin.network);
    begin.hosts = hosts_of(begin.network.network.lan);
    const auto answers = ask_all(begin, looks(), *conversation_);
    if (!answers) {
      return ended();
    }
    return show_and_write(*answers);
  }

 private:
  void say_what_this_is() {
    conversation_->say("voip-qosd setup");
    if (!options_.takes_what_is_found) {
      conversation_->say(
          "Five questions. Enter takes the answer in brackets. Nothing is written before you have seen it; Ctrl-C ends "
          "it at any time.");
    }
    if (!present_.problems.empty()) {
      conversation_->say(path_ + " is wrong (" + to_string(present_.problems.front()) + "): this begins anew without it.");
    }
  }

  std::vector<SeenHost> hosts_of(const Lan& lan) {
    auto hosts = list_hosts(commands_.loop());
    if (!hosts) {
      return {};
    }
    // The provider's router is a neighbour too.
    std::erase_if(*hosts, [&lan](const SeenHost& host) {
      return std::none_of(host.addresses.begin(), host.addresses.end(),
                          [&lan](const IpAddress& address) { return lan.contains(address); });
    });
    return std::move(*hosts);
  }

  SetupLooks looks() {
    return {
        .find_brokers =
            [this] {
              conversation_->say("Looking for one ...");
              return find_brokers(present_.settings, commands_);
            },
        .try_broker = [this](const BrokerAnswer& broker) { return try_broker(present_.settings, broker, commands_); },
        .listen =
            [this](const Answers& answers) { return listen_for_calls(present_.settings, answers, *conversation_, commands_); },
        .look_at_actuators = [this](const Answers& answers) { return look_at_actuators(present_.settings, answers, commands_); }};
  }

  static int ended() {
    complain("\nvoip-qosd: ended; nothing was written");
    return exit_failed;
  }

  std::string text_for(const Answers& answers) {
    const auto before = present_.problems.empty() ? without_defaults(given_settings(present_.text)) : std::vector<GivenSetting>();
    const bool has_place = std::any_of(before.begin(), before.end(), [](const GivenSetting& setting) {
      return setting.section == "node" && setting.key == "state_dir";
    });
    const bool is_flash = look_at_platform().is_openwrt && !has_place;
    return configuration_text(
        answers, before,
        {.program_version = VOIP_VERSION, .password_file = password_path(path_), .state_dir = is_flash ? "/tmp/voip-qosd" : ""});
  }

  std::optional<int> show_and_write(const Answers& answers) {
    const std::string text = text_for(answers);
    const LoadedSettings loaded = parse_settings(text, path_, NamedFiles::ignored);
    conversation_->say("");
    if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
      for (const Problem& problem : *problems) {
        complain(to_string(problem));
      }
      complain("voip-qosd: these answers make no right configuration; nothing was written");
      return exit_failed;
    }
    // Whoever has written the same in other words keeps his comments.
    const bool is_same = present_.is_there && present_.problems.empty() && present_.settings == std::get<Settings>(loaded);
    const bool has_password = answers.broker && !answers.broker->password.empty();
    if (is_same) {
      conversation_->say(path_ + " says this already: nothing is to be changed in it.");
    } else {
      conversation_->say(path_ + ":");
      conversation_->say("");
      print(text);
      conversation_->say("");
    }
    if (!is_same || has_password) {
      const auto answer = conversation_->ask(is_same ? "Write the password [yes]: " : "Write it [yes]: ");
      if (!answer || !(answer->empty() || *answer == "y" || *answer == "yes")) {
        return ended();
      }
    }
    return write(has_password ? answers.broker->password : "", is_same ? present_.text : text);
  }

  std::optional<int> write(const std::string& password, const std::string& text) {
    Result<Written> written = Written::nothing_new;
    if (!password.empty()) {
      written = write_and_keep_old(password_path(path_), password + "\n", secret_mode);
    }
    if (written) {
      written = write_and_keep_old(path_, text, config_mode);
    }
    if (!written) {
      complain("voip-qosd: " + written.error());
      return exit_failed;
    }
    if (*written == Written::written) {
      conversation_->say(
          "Written." + std::string(present_.is_there ? " What was there is " + path_ + ".old; setup --undo puts it back." : ""));
    }
    say_what_is_next(!password.empty());
    return std::nullopt;
  }

  void say_what_is_next(bool has_password) {
    const bool has_systemd = ::access("/run/systemd/system", F_OK) == 0;
    if (look_at_platform().is_openwrt) {
      const std::string advice = uci_advice(read_start("/etc/config/voip-qosd"), path_);
      conversation_->say(advice.empty() ? "A daemon that runs takes it by: /etc/init.d/voip-qosd reload" : advice);
    } else {
      conversation_->say("A daemon that runs takes it by: " +
                         std::string(has_systemd ? "systemctl reload voip-qosd" : "kill -HUP and its process id"));
    }
    if (has_password && has_systemd) {
      conversation_->say(
          "The service of systemd runs as a user of its own, who may not read the password. Let systemd hand it over:\n"
          "  systemctl edit voip-qosd\n"
          "with the lines\n"
          "  [Service]\n"
          "  LoadCredential=mqtt-password:" +
          password_path(path_) + "\nand password_file = \"mqtt-password\" in " + path_ + "; then: systemctl restart voip-qosd");
    }
    conversation_->say("");
    conversation_->say("voip-qosd doctor says what is still to be done:");
  }

  const SetupOptions& options_;
  std::string path_;
  Present present_;
  CommandLoop& commands_;
  std::unique_ptr<Conversation> conversation_;
};

int refuse(const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    complain(to_string(problem));
  }
  complain("voip-qosd: correct the file or take it away, or run setup without --yes");
  return exit_usage;
}

}  // namespace

int setup_command(const SetupOptions& options) {
  const std::string path = path_of(options);
  if (!options.undoes && !options.takes_what_is_found && !is_input_a_terminal()) {
    complain("voip-qosd: setup asks questions, and there is no terminal to ask them on; --yes takes what is found");
    return exit_usage;
  }
  if (const Status writable = check_writable(path); !writable) {
    complain("voip-qosd: " + writable.error());
    return exit_failed;
  }
  if (options.undoes) {
    return undo(path);
  }
  auto present = read_present(path);
  if (!present) {
    complain("voip-qosd: " + present.error());
    return exit_failed;
  }
  if (options.takes_what_is_found && !present->problems.empty()) {
    return refuse(present->problems);
  }
  {
    Status started = start_log(LogLevel::error, "stderr", "");
    auto commands = CommandLoop::open();
    if (!started || !commands) {
      complain("voip-qosd: " + (started ? commands.error() : started.error()));
      return exit_failed;
    }
    if (const auto failed = Setup(options, path, std::move(*present), **commands).run()) {
      return *failed;
    }
  }
  // What it finds is for the owner to read; the configuration is written all the same.
  doctor_command({.config = path});
  return exit_done;
}

}  // namespace voip
