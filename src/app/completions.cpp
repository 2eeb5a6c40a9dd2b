#include "app/completions.h"

#include <algorithm>

namespace voip {
namespace {

// The rest of a text in single quotes, as all three shells take them; fish knows a backslash in them, the others do not.
std::string quoted(std::string_view text, bool is_fish = false) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += is_fish ? "\\'" : "'\\''";
    } else {
      result += is_fish && c == '\\' ? "\\\\" : std::string(1, c);
    }
  }
  return result + "'";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

// The words that may be typed there, or none.
std::string words_of(const OptionDescription& option, const ProgramDescription& program) {
  return option.value == "COMMAND" ? joined(command_names(program)) : joined(choices(option));
}

std::string function_name(const ProgramDescription& program) {
  std::string name = "_" + program.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string origin(const ProgramDescription& program, std::string_view shell) {
  return "# Written by \"" + program.name + " help --completion " + std::string(shell) + "\".\n";
}

std::string bash_case(const std::string& pattern, const OptionDescription& option, const ProgramDescription& program) {
  const std::string words = words_of(option, program);
  return "    " + pattern + ") " +
         (!words.empty()           ? "kind=words words=" + quoted(words)
          : option.value == "FILE" ? "kind=files"
                                   : "kind=text") +
         " ;;\n";
}

// `NAME_expects "COMMAND OPTION"` or, by its number from 0, "COMMAND POSITION".
std::string bash_expectations(const ProgramDescription& program) {
  std::string cases = "    ' 0') kind=words words=" + quoted(joined(command_names(program))) + " ;;\n";
  for (const CommandDescription& command : program.commands) {
    for (const OptionDescription& option : command.options) {
      if (!option.value.empty()) {
        cases += bash_case(quoted(command.name + " " + option.names.back()), option, program);
      }
    }
    for (std::size_t i = 0; i < command.positionals.size(); ++i) {
      const OptionDescription& positional = command.positionals[i];
      cases += bash_case(
          positional.may_be_repeated ? quoted(command.name + " ") + "[0-9]*" : quoted(command.name + " " + std::to_string(i)),
          positional, program);
    }
  }
  return function_name(program) + "_expects() {\n  kind='' words=''\n  case $1 in\n" + cases + "    *) return 1 ;;\n  esac\n}\n";
}

// bash takes "--config=x" for three words.
constexpr std::string_view bash_body = R"(() {
  local current=${COMP_WORDS[COMP_CWORD]} word command='' before='' kind words
  local -i position=0
  [[ $current != '=' ]] || current=''
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $before ]] && NAME_expects "$command $before"; then
      before=''
    elif [[ $word == -?* ]]; then
      before=$word
    elif [[ -z $command ]]; then
      command=$word before=''
    else
      position+=1 before=''
    fi
  done
  if [[ -n $before ]] && NAME_expects "$command $before"; then
    :
  elif [[ $current == -* ]] || ! NAME_expects "$command $position"; then
    kind=words
    case $command in
OPTIONS    esac
  fi
  COMPREPLY=()
  case $kind in
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
    files)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      compopt -o filenames 2> /dev/null
      ;;
  esac
}
)";

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t place = 0; (place = text.find(what, place)) != std::string::npos; place += by.size()) {
    text.replace(place, what.size(), by);
  }
  return text;
}

// What stands behind the name: a colon, what is expected, and how to complete it.
std::string zsh_value(const OptionDescription& option, const ProgramDescription& program) {
  const std::string words = words_of(option, program);
  return ":" + option.value + ":" + (!words.empty() ? "(" + words + ")" : option.value == "FILE" ? "_files" : " ");
}

std::string zsh_arguments(const CommandDescription& command, const ProgramDescription& program, const std::string& indent) {
  std::string text = "_arguments";
  const auto add = [&](const std::string& argument) { text += " \\\n" + indent + quoted(argument); };
  for (const OptionDescription& option : command.options) {
    const std::string others = option.may_be_repeated ? "*" : "(" + joined(option.names) + ")";
    for (const std::string& name : option.names) {
      add(others + name + (option.value.empty() ? "" : "=") + "[" + replaced(option.text, "]", "\\]") + "]" +
          (option.value.empty() ? "" : zsh_value(option, program)));
    }
  }
  for (std::size_t i = 0; i < command.positionals.size(); ++i) {
    const OptionDescription& positional = command.positionals[i];
    add((positional.may_be_repeated ? "*" : std::to_string(i + 1)) + zsh_value(positional, program));
  }
  return text + "\n";
}

std::string fish_value(const OptionDescription& option, const ProgramDescription& program) {
  const std::string words = words_of(option, program);
  return !words.empty() ? " -x -a " + quoted(words, true) : option.value == "FILE" ? " -r -F" : option.value.empty() ? "" : " -x";
}

std::string fish_option(const OptionDescription& option, const ProgramDescription& program) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return text + fish_value(option, program) + " -d " + quoted(option.text, true) + "\n";
}

// `NAME_at COMMAND [WORD]...`: its arguments are being typed, and none of them is one of the words yet.
constexpr std::string_view fish_condition = R"(function NAME_at
    set -l words (commandline -opc)
    test (count $words) -gt 1; or return 1
    test "$words[2]" = "$argv[1]"; or return 1
    set -e words[1..2]
    set -e argv[1]
    for word in $words
        contains -- $word $argv; and return 1
    end
    return 0
end

)";

}  // namespace

std::string bash_completions(const ProgramDescription& program) {
  std::string options = "      '') words=" + quoted(joined(long_names(program.options))) + " ;;\n";
  for (const CommandDescription& command : program.commands) {
    options += "      " + command.name + ") words=" + quoted(joined(long_names(command.options))) + " ;;\n";
  }
  const std::string name = function_name(program);
  return "# shellcheck shell=bash\n" + origin(program, "bash") + bash_expectations(program) + "\n" + name +
         replaced(replaced(std::string(bash_body), "NAME", name), "OPTIONS", options) + "\ncomplete -F " + name + " " +
         program.name + "\n";
}

std::string zsh_completions(const ProgramDescription& program) {
  const std::string name = function_name(program);
  std::string names;
  std::string cases;
  for (const CommandDescription& command : program.commands) {
    names += "        " + quoted(command.name + ":" + command.text) + "\n";
    cases += "        " + command.name + ")\n          " + zsh_arguments(command, program, "            ") + "          ;;\n";
  }
  CommandDescription all{program.name, program.text, program.options, {}};
  std::string arguments = zsh_arguments(all, program, "    ");
  arguments.pop_back();
  return "#compdef " + program.name + "\n" + origin(program, "zsh") + name +
         "() {\n  local curcontext=$curcontext state line\n  local -A opt_args\n  " +
         replaced(arguments, "_arguments", "_arguments -C") +
         " \\\n    '1: :->command' \\\n    '*:: :->arguments'\n  case $state in\n    command)\n      local -a commands=(\n" +
         names + "      )\n      _describe command commands\n      ;;\n    arguments)\n      case $words[1] in\n" + cases +
         "      esac\n      ;;\n  esac\n}\n\n# Found by its file's name, or read by \"source\".\nif [[ $funcstack[1] == _" +
         program.name + " ]]; then\n  " + name + " \"$@\"\nelse\n  compdef " + name + " " + program.name + "\nfi\n";
}

std::string fish_completions(const ProgramDescription& program) {
  const std::string name = "_" + function_name(program);
  const std::string complete = "complete -c " + program.name;
  std::string text = origin(program, "fish") + replaced(std::string(fish_condition), "NAME", name) + complete + " -f\n";
  const std::string at_begin = complete + " -n 'test (count (commandline -opc)) -eq 1'";
  for (const OptionDescription& option : program.options) {
    text += at_begin + fish_option(option, program);
  }
  for (const CommandDescription& command : program.commands) {
    text += at_begin + " -a " + command.name + " -d " + quoted(command.text, true) + "\n";
  }
  const std::string typing_of = complete + " -n '" + name + "_at ";
  for (const CommandDescription& command : program.commands) {
    const std::string typing = typing_of + command.name;
    for (const OptionDescription& option : command.options) {
      text.append(typing).append("'").append(fish_option(option, program));
    }
    for (const OptionDescription& positional : command.positionals) {
      const std::string words = words_of(positional, program);
      const std::string what = words.empty() ? "' -F" : " " + words + "' -a " + quoted(words, true);
      text.append(typing).append(what).append(" -d ").append(quoted(positional.text, true)).append("\n");
    }
  }
  return text;
}

std::string completions(const ProgramDescription& program, std::string_view shell) {
  return shell == "bash" ? bash_completions(program) : shell == "zsh" ? zsh_completions(program) : fish_completions(program);
}

}  // namespace voip
