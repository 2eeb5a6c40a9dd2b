// What the shells make of it is tested in tests/install/completions_test.py.
#include "app/completions.h"

#include <gtest/gtest.h>

#include "unit/app/sample_program.h"

namespace voip {
namespace {

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

TEST(Completions, ChoicesAreTheWordsBetweenTheBars) {
  EXPECT_EQ(choices({{}, "on|off", ""}), (std::vector<std::string>{"on", "off"}));
  EXPECT_TRUE(choices({{}, "FILE", ""}).empty());
  EXPECT_TRUE(choices({{}, "", ""}).empty());
}

TEST(Completions, BashKnowsWhatBelongsToEachOption) {
  const std::string script = completions(test::sample_program(), "bash");
  EXPECT_EQ(script, bash_completions(test::sample_program()));
  expect_in(script, "    ' 0') kind=words words='switch replay help' ;;\n");
  expect_in(script, "    'switch --config') kind=files ;;\n");
  expect_in(script, "    'switch 0') kind=words words='on off' ;;\n");
  expect_in(script, "    'replay --call') kind=text ;;\n");
  expect_in(script, "    'replay '[0-9]*) kind=files ;;\n");
  expect_in(script, "    'help 0') kind=words words='switch replay help' ;;\n");
  expect_in(script, "      switch) words='--help --config' ;;\n");
  expect_in(script, "complete -F _one_qosd one-qosd\n");
}

TEST(Completions, ZshIsToldWhatTheyMean) {
  const std::string script = completions(test::sample_program(), "zsh");
  EXPECT_TRUE(script.starts_with("#compdef one-qosd\n")) << script;
  expect_in(script, "'switch:switch it'");
  expect_in(script, "'(--config)--config=[the user'\\''s file (/etc/x-y.toml)]:FILE:_files'");
  expect_in(script, "'*--call=[like 12-95.5 [s\\]; - is none]:START-END: '");
  expect_in(script, "'1:on|off:(on off)'");
  expect_in(script, "'*:FILE:_files'");
}

TEST(Completions, FishIsToldWhatTheyMean) {
  const std::string script = completions(test::sample_program(), "fish");
  expect_in(script, "-a switch -d 'switch it'\n");
  expect_in(script, " -n '__one_qosd_at switch' -l config -r -F -d 'the user\\'s file (/etc/x-y.toml)'\n");
  expect_in(script, " -n '__one_qosd_at switch on off' -a 'on off' -d 'which of them'\n");
  expect_in(script, " -n '__one_qosd_at replay' -l call -x -d ");
  expect_in(script, " -n '__one_qosd_at replay' -F -d 'recordings'\n");
}

}  // namespace
}  // namespace voip
