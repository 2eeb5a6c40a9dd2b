#include "system/run_briefly.h"

#include <gtest/gtest.h>

#include <chrono>

namespace voip {
namespace {

TEST(RunBriefly, GivesStatusAndOutput) {
  const CommandResult result = run_briefly({.argv = {"sh", "-c", "echo hello; exit 3"}}, 10s);
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.output, "hello\n");
  const CommandResult json = run_briefly({.argv = {"echo", R"({"up":true})"}, .says_json = true}, 10s);
  ASSERT_TRUE(json.json);
  EXPECT_TRUE(json.json->is_true("up"));
}

TEST(RunBriefly, WhatCannotBeStartedOrIsKilledSaysSo) {
  EXPECT_NE(run_briefly({.argv = {"/no/such/program"}}, 10s).failure, "");
  const CommandResult killed = run_briefly({.argv = {"sh", "-c", "kill -9 $$"}}, 10s);
  EXPECT_EQ(killed.exit_status, -1);
  EXPECT_NE(killed.failure, "");
}

TEST(RunBriefly, WhatHangsIsKilledWithItsTimeAndAllThatItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  const CommandResult result = run_briefly({.argv = {"sh", "-c", "trap '' TERM; echo begun; sleep 600; sleep 600"}}, 300ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_NE(result.failure.find("300ms"), std::string::npos) << result.failure;
}

TEST(RunBriefly, OfAFloodTheBeginIsKept) {
  const CommandResult result = run_briefly({.argv = {"sh", "-c", "echo first; head -c 1000000 /dev/zero | tr '\\0' x"}}, 30s);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.output.size(), 64U * 1024);
  EXPECT_EQ(result.output.substr(0, 6), "first\n");
}

TEST(RunBriefly, WhatItLeavesRunningIsNotWaitedFor) {
  const CommandResult result = run_briefly({.argv = {"sh", "-c", "sleep 600 & echo $!"}}, 60s);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_FALSE(result.output.empty());
  run_briefly({.argv = {"kill", result.output.substr(0, result.output.find('\n'))}}, 10s);
}

}  // namespace
}  // namespace voip
