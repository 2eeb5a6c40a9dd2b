#include "system/command_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>

#include <memory>
#include <utility>

namespace voip {
namespace {

std::unique_ptr<CommandLoop> open() {
  return std::move(CommandLoop::open()).value();
}

TEST(CommandLoop, AProgramThatEndsGivesItsOutput) {
  const auto commands = open();
  const CommandResult result = commands->run({.argv = {"sh", "-c", "echo hello; exit 3"}}, 10s);
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.output, "hello\n");
}

TEST(CommandLoop, OneThatHangsIsEndedWithItsTime) {
  const auto commands = open();
  const CommandResult result = commands->run({.argv = {"sleep", "600"}}, 50ms);
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_NE(result.failure.find("time"), std::string::npos) << result.failure;
  EXPECT_EQ(commands->run({.argv = {"/no/such/program"}}, 10s).exit_status, -1);
}

TEST(CommandLoop, ForAllOfThemThereIsOneLimit) {
  const auto commands = open();
  const auto results = commands->run_all({{.argv = {"true"}}, {.argv = {"sleep", "600"}}, {.argv = {"true"}}}, 100ms);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[1].exit_status, -1);
  EXPECT_NE(results[2].failure.find("no time left"), std::string::npos);
}

TEST(CommandLoop, AWaitEndsWithWhatItWaitsForOrWithItsTime) {
  const auto commands = open();
  bool is_so = false;
  commands->loop().call_at(commands->loop().now() + 1ms, [&is_so] { is_so = true; });
  EXPECT_TRUE(commands->wait_until([&is_so] { return is_so; }, 10s));
  EXPECT_FALSE(commands->wait_until([] { return false; }, 1ms));
}

TEST(CommandLoop, TheSignalToEndEndsEveryWait) {
  const auto commands = open();
  kill(getpid(), SIGINT);
  EXPECT_FALSE(commands->wait_until([] { return false; }, 10s));
  EXPECT_TRUE(commands->is_interrupted());
  EXPECT_EQ(commands->run_all({{.argv = {"true"}}}, 10s).front().exit_status, -1);
}

}  // namespace
}  // namespace voip
