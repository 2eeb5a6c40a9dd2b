// Runs real programs, among them those that misbehave.
#include "system/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <csignal>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "base/unique_fd.h"
#include "ports/loop_until.h"

namespace voip {
namespace {

using test::loop_until;
using test::open_loop;

struct Ended {
  CommandResult result;
  Duration took{};
};

class ChildTest : public testing::Test {
 protected:
  Ended run(const Command& command, Duration time_limit = 10s) {
    std::optional<CommandResult> result;
    const Instant begin = loop_->now();
    child_.start(command, time_limit, [&](const CommandResult& got) { result = got; });
    EXPECT_FALSE(result) << "it must not answer from within start()";
    EXPECT_TRUE(loop_until(*loop_, 20s, [&](const Event&) { return result.has_value(); }));
    return {result.value_or(CommandResult{}), loop_->now() - begin};
  }

  static Command shell(const std::string& text) { return {.argv = {"/bin/sh", "-c", text}}; }

  // pgrep's answer would be about everybody's; this asks for one number.
  static bool is_alive(const std::string& pid_text) { return kill(std::stoi(pid_text), 0) == 0; }

  std::unique_ptr<Loop> loop_ = open_loop();
  Child child_{*loop_};
};

TEST_F(ChildTest, TellsStatusAndBothOutputs) {
  const auto [result, took] = run(shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(result.failure, "");
}

TEST_F(ChildTest, HandsArgumentsOverAsTheyAre) {
  const auto [result, took] = run({.argv = {"printf", "%s|", "a b", "$(id)", "*"}});
  EXPECT_EQ(result.output, "a b|$(id)|*|");
}

TEST_F(ChildTest, GivesTheInputWholeAndTheEndOfItToo) {
  const std::string input(300'000, 'x');
  EXPECT_EQ(run({.argv = {"wc", "-c"}, .input = input}).result.output, "300000\n");
  EXPECT_EQ(run({.argv = {"wc", "-c"}}).result.output, "0\n");
  // nft opens it a second time, by name.
  EXPECT_EQ(run({.argv = {"cat", "/dev/stdin"}, .input = "table"}).result.output, "table");
}

TEST_F(ChildTest, SaysWhenTheProgramDoesNotExist) {
  const auto [result, took] = run({.argv = {"/nonexistent/qos-start"}});
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_NE(result.failure.find("No such file or directory"), std::string::npos) << result.failure;
  EXPECT_EQ(run(shell("exit 3")).result.exit_status, 3) << "the next program runs";
}

TEST_F(ChildTest, EndsWhatHangsAtTheTimeLimit) {
  const auto [result, took] = run(shell("echo $$; sleep 60"), 200ms);
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_EQ(result.failure, "it ran out of time and was killed");
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, 2s);
  EXPECT_FALSE(is_alive(result.output));
}

TEST_F(ChildTest, KillsWhatIgnoresSigterm) {
  const auto [result, took] = run(shell("trap '' TERM; echo $$; while :; do sleep 0.05; done"), 200ms);
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_GE(took, 700ms);
  EXPECT_LT(took, 4s);
  EXPECT_FALSE(is_alive(result.output));
}

TEST_F(ChildTest, KillsGrandchildrenToo) {
  const auto [result, took] = run(shell("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & sleep 60"), 300ms);
  EXPECT_EQ(result.exit_status, -1);
  ASSERT_FALSE(result.output.empty());
  for (int i = 0; i < 100 && is_alive(result.output); ++i) {  // its new parent may need a moment to reap it
    loop_until(*loop_, 20ms, [](const Event&) { return false; });
  }
  std::ifstream status("/proc/" + result.output.substr(0, result.output.find('\n')) + "/stat");
  std::string stat;
  std::getline(status, stat);
  EXPECT_TRUE(stat.empty() || stat.find(") Z") != std::string::npos) << stat;
}

TEST_F(ChildTest, KeepsABoundedPartOfTenMegabytes) {
  const auto [result, took] = run(shell("echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo last"), 20s);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_LE(result.output.size(), 65536U);
  EXPECT_GT(result.output.size(), 50'000U);
  EXPECT_EQ(result.output.substr(0, 7), "first\nx");
  EXPECT_EQ(result.output.substr(result.output.size() - 7), "x\nlast\n");
}

TEST_F(ChildTest, DoesNotWaitForAGrandchildThatKeepsThePipe) {
  const auto [result, took] = run(shell("sleep 60 & echo $!"));
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_LT(took, 2s);
  EXPECT_TRUE(is_alive(result.output)) << "a daemon that a script starts is let be";
  kill(std::stoi(result.output), SIGKILL);
}

TEST_F(ChildTest, SaysWhichSignalEndedIt) {
  EXPECT_EQ(run(shell("kill -SEGV $$")).result.failure, "it was ended by signal 11 (Segmentation fault)");
}

TEST_F(ChildTest, StartsWithNoSignalBlockedOrIgnored) {
  const auto [result, took] = run({.argv = {"awk", "/SigBlk|SigIgn/ {print substr($2, 9)}", "/proc/self/status"}});
  std::istringstream words(result.output);
  std::uint32_t blocked = 1;
  std::uint32_t ignored = 1;
  words >> std::hex >> blocked >> ignored;
  EXPECT_EQ(blocked, 0U);
  EXPECT_EQ(ignored & 0x7fffffffU, 0U) << "32 and 33 are glibc's own";
}

TEST_F(ChildTest, StartsWithNoDescriptorBesideTheThreeOfEverybody) {
  const UniqueFd of_a_library(socket(AF_INET, SOCK_STREAM, 0));
  const UniqueFd far_away(fcntl(of_a_library.get(), F_DUPFD, 700));
  ASSERT_TRUE(far_away);
  EXPECT_EQ(run(shell("for fd in /proc/$$/fd/*; do [ ! -e $fd ] || echo ${fd##*/}; done")).result.output, "0\n1\n2\n");
  EXPECT_EQ(fcntl(of_a_library.get(), F_GETFD), 0) << "it is the child's alone that was changed";
}

TEST_F(ChildTest, AnswersEvenIfSomebodyElseTakesTheExitStatus) {
  std::signal(SIGCHLD, SIG_IGN);                      // the kernel does
  const auto [result, took] = run(shell("sleep 1"));  // so that it is still there when we begin to watch it
  std::signal(SIGCHLD, SIG_DFL);
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_NE(result.failure.find("not known"), std::string::npos) << result.failure;
}

TEST_F(ChildTest, AnAbandonedProgramEndsAndNeverAnswers) {
  bool answered = false;
  child_.start(shell("sleep 60"), 100ms, [&](const CommandResult&) { answered = true; });
  EXPECT_TRUE(child_.is_running());
  child_.abandon();
  EXPECT_FALSE(child_.is_running());
  EXPECT_FALSE(loop_until(*loop_, 300ms, [&](const Event&) { return answered; }));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "nothing is left to reap";
}

TEST_F(ChildTest, TheAnswerMayStartTheNext) {
  std::string outputs;
  child_.start(shell("echo one"), 5s, [&](const CommandResult& one) {
    outputs += one.output;
    child_.start(shell("echo two"), 5s, [&](const CommandResult& two) { outputs += two.output; });
  });
  EXPECT_TRUE(loop_until(*loop_, 5s, [&](const Event&) { return outputs == "one\ntwo\n"; })) << outputs;
}

}  // namespace
}  // namespace voip
