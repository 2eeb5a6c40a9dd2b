// A program with one of everything that can be typed.
#pragma once

#include "app/command_description.h"

namespace voip::test {

inline ProgramDescription sample_program() {
  const OptionDescription help{{"-h", "--help"}, "", "print this help"};
  const OptionDescription config{{"--config"}, "FILE", "the user's file (/etc/x-y.toml)"};
  const OptionDescription span{{"--call"}, "START-END", "like 12-95.5 [s]; - is none", false, true};
  const OptionDescription mode{{}, "on|off", "which of them", true};
  const OptionDescription files{{}, "FILE", "recordings", true, true};
  const OptionDescription topic{{}, "COMMAND", "the command to explain"};
  const OptionDescription shell{{"--shell"}, "bash|zsh", "for which"};
  return {"one-qosd",
          "Does one thing.",
          "1.2",
          {help, {{"--version"}, "", "print the version"}},
          {{"switch", "switch it", {help, config}, {mode}},
           {"replay", "run it again", {help, span}, {files}},
           {"help", "explain", {help, shell}, {topic}}}};
}

}  // namespace voip::test
