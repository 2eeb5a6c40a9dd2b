#include "app/help.h"

#include <gtest/gtest.h>

#include "sample_program.h"

namespace voip {
namespace {

TEST(Help, NamesAllCommandsAndWhatGoesWithoutOne) {
  EXPECT_EQ(help_text(test::sample_program()),
            "Does one thing.\n"
            "\n"
            "Usage: one-qosd COMMAND [OPTION]...\n"
            "\n"
            "Commands:\n"
            "  switch                      switch it\n"
            "  replay                      run it again\n"
            "  help                        explain\n"
            "\n"
            "Options:\n"
            "  -h, --help                  print this help\n"
            "  --version                   print the version\n");
}

TEST(Help, ShowsWhatACommandTakes) {
  const ProgramDescription program = test::sample_program();
  EXPECT_EQ(help_text(program, program.commands[1]),
            "run it again\n"
            "\n"
            "Usage: one-qosd replay [OPTION]... FILE...\n"
            "\n"
            "  FILE                        recordings\n"
            "\n"
            "Options:\n"
            "  -h, --help                  print this help\n"
            "  --call START-END            like 12-95.5 [s]; - is none\n");
  EXPECT_NE(help_text(program, program.commands[0]).find("switch [OPTION]... on|off\n"), std::string::npos);
  EXPECT_NE(help_text(program, program.commands[2]).find("help [OPTION]... [COMMAND]\n"), std::string::npos);
}

TEST(Help, BeginsALineForWhatDoesNotFitBesideALongName) {
  ProgramDescription program = test::sample_program();
  program.commands[0].name = "switch-it-on-and-off-again-and-again";
  EXPECT_NE(help_text(program).find("  switch-it-on-and-off-again-and-again\n                              switch it\n"),
            std::string::npos);
}

TEST(Help, GoesOnInTheSameColumnWhereALineIsFull) {
  ProgramDescription program = test::sample_program();
  program.commands[0].text = "one two three four five six seven eight nine ten eleven";
  EXPECT_NE(help_text(program).find("one two three four five six seven eight nine ten\n                              eleven\n"),
            std::string::npos);
  EXPECT_NE(help_text(program, program.commands[0]).find("eleven\n\nUsage: "), std::string::npos);
}

}  // namespace
}  // namespace voip
