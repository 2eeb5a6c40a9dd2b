// Real files in a directory of the test's own.
#include "ports/order_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ports/loop_until.h"
#include "ports/watched_port.h"

namespace voip {
namespace {

namespace fs = std::filesystem;

class OrderFileTest : public testing::Test {
 protected:
  OrderFileTest() {
    std::string pattern = "/tmp/voip-orders-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    settings_.node.state_dir = folder_ + "/state";
  }
  ~OrderFileTest() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path file() const { return settings_.node.state_dir + "/orders"; }
  [[nodiscard]] std::string text() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] static ReportChanged released_after(Duration delay) {
    Report report;
    report.settings.release_after = delay;
    return {report};
  }
  [[nodiscard]] std::unique_ptr<Port> port(OrderFilePace pace = {.delay = 1ms, .pause = 1ms}) const {
    return make_order_file(settings_, pace);
  }
  [[nodiscard]] OrdersInForce read() const { return read_orders(settings_, *test::open_loop()); }

  std::string folder_;
  Settings settings_;
};

TEST_F(OrderFileTest, WritesNothingAsLongAsNothingWasOrdered) {
  {
    test::WatchedPort watched(port());
    EXPECT_TRUE(watched.opened);
    watched.perform(ReportChanged{});
    Report call;
    call.calls = 1;
    watched.perform(ReportChanged{call});
    watched.wait(30ms);
  }
  EXPECT_FALSE(fs::exists(settings_.node.state_dir));
  EXPECT_EQ(read().settings, LiveSettings{});
}

TEST_F(OrderFileTest, KeepsAnOrderInADirectoryOfItsOwn) {
  test::WatchedPort watched(port());
  watched.perform(released_after(30s));
  ASSERT_TRUE(watched.wait_until([&] { return fs::exists(file()); }));
  EXPECT_EQ(read().settings.release_after, 30s);
  struct stat about {};
  ASSERT_EQ(stat(settings_.node.state_dir.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0700U);
  ASSERT_EQ(stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(settings_.node.state_dir), fs::directory_iterator()), 1)
      << "nothing is left over";
}

TEST_F(OrderFileTest, WritesOnlyWhenAnOrderChangesSomething) {
  {
    test::WatchedPort watched(port());
    watched.perform(released_after(30s));
    ASSERT_TRUE(watched.wait_until([&] { return fs::exists(file()); }));
  }
  const std::string touched = "# touched\n" + text();
  std::ofstream(file()) << touched;
  {
    test::WatchedPort watched(port());
    watched.perform(released_after(30s));
    ReportChanged call = released_after(30s);
    call.report.calls = 1;
    watched.perform(call);
    watched.wait(30ms);
  }
  EXPECT_EQ(text(), touched);
}

TEST_F(OrderFileTest, AFloodOfOrdersIsWrittenRarelyAndItsLastIsKept) {
  {
    test::WatchedPort watched(port({.delay = 1ms, .pause = 1h, .bunch = 1}));
    watched.perform(released_after(30s));
    ASSERT_TRUE(watched.wait_until([&] { return fs::exists(file()); }));
    for (int i = 1; i <= 100; ++i) {
      watched.perform(released_after(Duration(i * 1000)));
    }
    watched.wait(30ms);
    EXPECT_EQ(read().settings.release_after, 30s);
  }
  EXPECT_EQ(read().settings.release_after, 100s) << "at the end of the daemon";
}

TEST_F(OrderFileTest, ABunchOfOrdersIsWrittenAtOnceSoThatAKillLosesNone) {
  test::WatchedPort watched(port({.delay = 1ms, .pause = 1h, .bunch = 3}));
  for (int i = 1; i <= 3; ++i) {
    watched.perform(released_after(Duration(i * 1000)));
    ASSERT_TRUE(watched.wait_until([&] { return fs::exists(file()) && read().settings.release_after == Duration(i * 1000); }));
  }
  watched.perform(released_after(9s));
  watched.wait(30ms);
  EXPECT_EQ(read().settings.release_after, 3s) << "the bunch is used up";
}

TEST_F(OrderFileTest, WhatWasTakenBackIsForgotten) {
  test::WatchedPort watched(port());
  watched.perform(released_after(30s));
  ASSERT_TRUE(watched.wait_until([&] { return fs::exists(file()); }));
  watched.perform(released_after(10s));
  EXPECT_TRUE(watched.wait_until([&] { return text().find("release_after") == std::string::npos; }));
}

TEST_F(OrderFileTest, GoesOnWithoutADirectoryThatCanBeUsed) {
  std::ofstream(settings_.node.state_dir) << "a file is in its place";
  testing::internal::CaptureStderr();
  EXPECT_EQ(read().settings, LiveSettings{});
  {
    test::WatchedPort watched(port());
    EXPECT_TRUE(watched.opened);
    for (int i = 1; i <= 5; ++i) {
      watched.perform(released_after(Duration(i * 1000)));
      watched.wait(10ms);
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string complaint = "orders are not kept over a restart: ";
  ASSERT_NE(log.find(complaint), std::string::npos) << log;
  EXPECT_EQ(log.find(complaint), log.rfind(complaint)) << "once";
  EXPECT_NE(log.find("state: Not a directory (node.state_dir)"), std::string::npos) << log;
}

TEST_F(OrderFileTest, DoesNotBelieveADirectoryThatEverybodyMayWriteTo) {
  fs::create_directory(settings_.node.state_dir);
  std::ofstream(file()) << "mode off configured auto\n";
  EXPECT_EQ(read().orders.lasting, Mode::off);
  fs::permissions(settings_.node.state_dir, fs::perms::all);
  EXPECT_EQ(read().orders.lasting, Mode::automatic);
}

TEST_F(OrderFileTest, AWrongFileIsToldAndTheRestIsTaken) {
  fs::create_directory(settings_.node.state_dir);
  std::ofstream(file()) << "banana\nrelease_after 30s configured 10s\n";
  testing::internal::CaptureStderr();
  EXPECT_EQ(read().settings.release_after, 30s);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("orders: line 1 is not understood: \"banana\""), std::string::npos) << log;
  EXPECT_NE(log.find("go on: release_after 30s configured 10s"), std::string::npos) << log;
  std::ofstream(file()) << std::string(5000, 'x');
  EXPECT_EQ(read().settings, LiveSettings{});
}

}  // namespace
}  // namespace voip
