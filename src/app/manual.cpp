#include "app/manual.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/words.h"
#include "config/config.h"

namespace voip {
namespace {

bool is_letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// With a hyphen between letters, and a minus, which can be copied from the page and typed, everywhere else.
std::string prose_word(std::string_view word) {
  std::string escaped;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool is_hyphen = i > 0 && is_letter_or_digit(word[i - 1]) && i + 1 < word.size() && is_letter_or_digit(word[i + 1]);
    if (word[i] == '\\') {
      escaped += "\\e";
    } else if (word[i] == '-' && !is_hyphen) {
      escaped += "\\-";
    } else {
      escaped += word[i];
    }
  }
  return escaped;
}

// In lines that are not too long for mandoc's taste. A line that begins with a point or a quote would be a macro.
std::string prose(std::string_view text) {
  constexpr std::size_t longest_line = 78;
  std::string lines;
  std::size_t begin = 0;
  for (const std::string_view plain : words_of(text)) {
    const std::string word = prose_word(plain);
    if (!lines.empty()) {
      const bool is_full = lines.size() - begin + word.size() > longest_line;
      lines += is_full ? '\n' : ' ';
      begin = is_full ? lines.size() : begin;
    }
    lines += begin == lines.size() && (word.starts_with('.') || word.starts_with('\'')) ? "\\&" + word : word;
  }
  return lines;
}

// As it is typed, all in one line.
std::string typed(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '\\' ? "\\e" : c == '-' ? "\\-" : c == ' ' ? "\\ " : std::string(1, c);
  }
  return escaped;
}

std::string bold(std::string_view text) {
  return "\\fB" + typed(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + typed(text) + "\\fR";
}

std::string sentence(std::string text) {
  if (!text.empty()) {
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    text += text.back() == '.' ? "" : ".";
  }
  return prose(text) + "\n";
}

// Words are typed as they stand there; in place of a name something else is typed.
std::string value(const OptionDescription& option) {
  std::string either;
  for (const std::string& word : choices(option)) {
    either += (either.empty() ? "" : "|") + bold(word);
  }
  return either.empty() ? italic(option.value) : either;
}

std::string name_and_value(const std::string& name, const OptionDescription& option) {
  return bold(name) + (option.value.empty() ? "" : "\\ " + value(option));
}

std::string item(const OptionDescription& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "" : ", ") + bold(name);
  }
  const std::string space = names.empty() || option.value.empty() ? "" : " ";
  return ".TP\n" + names + space + (option.value.empty() ? "" : value(option)) + "\n" + sentence(option.text);
}

bool is_of_all(const OptionDescription& option, const ProgramDescription& program) {
  return std::any_of(program.options.begin(), program.options.end(),
                     [&option](const OptionDescription& other) { return other.names == option.names; });
}

constexpr const char* dots = "...\\&";  // which end no sentence

std::string synopsis(const CommandDescription& command, const ProgramDescription& program) {
  std::string text = ".SY \"" + typed(program.name + " " + command.name) + "\"\n";
  std::string options;
  for (const OptionDescription& option : command.options) {
    if (!is_of_all(option, program)) {
      options += "[" + name_and_value(option.names.back(), option) + "]" + (option.may_be_repeated ? dots : "") + "\n";
    }
  }
  std::string positionals;
  for (const OptionDescription& positional : command.positionals) {
    const std::string what = value(positional) + (positional.may_be_repeated ? dots : "");
    positionals += (positional.is_required ? what : "[" + what + "]") + "\n";
  }
  // As people type it: "qos on --for 30m", but "replay --interval 1s FILE...".
  const bool ends_with_positionals = !command.positionals.empty() && command.positionals.back().may_be_repeated;
  return text + (ends_with_positionals ? options + positionals : positionals + options) + ".YS\n";
}

std::string explained(const CommandDescription& command, const ProgramDescription& program) {
  std::string text = ".SS " + typed(command.name) + "\n" + sentence(command.text);
  for (const OptionDescription& positional : command.positionals) {
    text += item(positional);
  }
  for (const OptionDescription& option : command.options) {
    text += is_of_all(option, program) ? "" : item(option);
  }
  return text;
}

constexpr std::string_view description = R"(The daemon, which
.B run
starts, knows from the router's connection counters alone that somebody in
the home is on a call.
It switches QoS on for the call and off after it, tells of it over MQTT and in
Home Assistant, and takes orders from there, too.
It reads no payload of any packet, and needs no broker.
The other commands ask the running daemon, look at what it depends on, or work
on recordings.
.PP
Without a configuration file it watches the whole LAN and switches nothing.
It needs the capability CAP_NET_ADMIN.
CAP_NET_RAW is optional: it lets it look at TCP headers to learn what the line
carries, and for
.I qos.tc.drain
= "measured"; a packet socket that
.B lend-socket
hands to it does as well.
)";

constexpr std::string_view exit_statuses = R"(.TP
.B 0
Done;
.BR doctor :
nothing has failed.
.TP
.B 1
It failed while it ran;
.BR doctor :
a check has failed.
.TP
.B 2
The usage or the configuration is wrong.
.TP
.B 3
The daemon is not running.
)";

constexpr std::string_view files = R"(.TP
.I /run/voip\-qosd/control.sock
Where the other commands ask the daemon
.RI ( control.socket ).
.TP
.I /var/lib/voip\-qosd
Where the daemon keeps what was ordered, so that it outlives a restart, and
calls that are over
.RI ( node.state_dir ).
)";

constexpr std::string_view after_files = R"(.SH SIGNALS
These are for the daemon.
.TP
.B SIGHUP
It reads its configuration again.
A wrong one is refused with all its problems in the log, and the old settings
go on.
.TP
.BR SIGTERM ,\~ SIGINT
It ends, and leaves QoS as
.I policy.on_exit
says: "off", or "leave" as it is.
.SH ENVIRONMENT
.TP
.B NO_COLOR
Not empty: no colours on the terminal.
.TP
.B CREDENTIALS_DIRECTORY
Set by
.BR systemd (1);
where
.I mqtt.password_file
and
.I mqtt.key_file
are looked for when they are names and no paths; else in
.IR /run/credentials/voip-qosd.service .
.SH SEE ALSO
.BR conntrack (8),
.BR tc (8),
.BR systemctl (1)
.SH HISTORY
voip\-qosd descends from QoS\-daemon\-for\-VoIP by Piotr Mitros and Stefanie
Tellex, public domain: a shell script that looked at conntrack once a second
and ran qos\-start for the telephone.
The idea is theirs.
)";

}  // namespace

std::string manual_page(const ProgramDescription& program, const std::string& date) {
  std::string title = program.name;
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string purpose = program.text;
  if (!purpose.empty()) {
    purpose.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(purpose.front())));
    purpose.resize(purpose.find_last_not_of('.') + 1);
  }
  std::string page = ".\\\" Written by \"" + program.name + " help --man\".\n";
  page += ".TH " + typed(title) + " 8 " + date + " \"" + typed(program.name + " " + program.version) + "\"\n";
  page += ".SH NAME\n" + typed(program.name) + " \\- " + prose(purpose) + "\n.SH SYNOPSIS\n";
  std::string commands;
  for (const CommandDescription& command : program.commands) {
    page += synopsis(command, program);
    commands += explained(command, program);
  }
  page += ".SY " + typed(program.name) + "\n";
  std::string options;
  for (const OptionDescription& option : program.options) {
    page += (options.empty() ? "" : "|\n") + name_and_value(option.names.back(), option) + "\n";
    options += item(option);
  }
  page += ".YS\n.SH DESCRIPTION\n" + std::string(description) + ".SH COMMANDS\n" + commands;
  page += ".SH OPTIONS\n" + options + ".SH EXIT STATUS\n" + std::string(exit_statuses);
  page += ".SH FILES\n.TP\n" + italic(default_config_path) + "\nThe configuration.\n" + std::string(files);
  return page + std::string(after_files);
}

}  // namespace voip
