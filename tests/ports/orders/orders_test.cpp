// Real files in a directory of the test's own.
#include "ports/orders/orders.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "own_directory.h"
#include "ports/loop_until.h"
#include "ports/watched_port.h"

namespace voip {
namespace {

namespace fs = std::filesystem;

class OrderFileTest : public testing::Test {
 protected:
  OrderFileTest() { settings_.node.state_dir = folder_ + "/state"; }

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

  test::OwnDirectory own_;
  std::string folder_ = own_.path();
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

TEST_F(OrderFileTest, IsWrittenAsSoonAsItCanBeWithoutAnotherOrder) {
  std::ofstream(settings_.node.state_dir) << "a file is in its place";
  test::WatchedPort watched(port({.delay = 1ms, .pause = 1ms, .retry = 20ms}));
  watched.perform(released_after(30s));
  watched.wait(50ms);
  fs::remove(settings_.node.state_dir);
  ASSERT_TRUE(watched.wait_until([&] { return fs::exists(file()); }));
  EXPECT_EQ(read().settings.release_after, 30s);
}

TEST_F(OrderFileTest, DoesNotBelieveADirectoryThatEverybodyMayWriteTo) {
  fs::create_directory(settings_.node.state_dir);
  std::ofstream(file()) << "mode off configured auto\n";
  EXPECT_EQ(read().orders.lasting, Mode::off);
  fs::permissions(settings_.node.state_dir, fs::perms::all);
  EXPECT_EQ(read().orders.lasting, Mode::automatic);
}

TEST_F(OrderFileTest, DoesNotFollowALinkThatSomebodyElseHasPlanted) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root makes files of others";
  }
  fs::create_directory(folder_ + "/elsewhere");
  fs::create_directory_symlink("elsewhere", settings_.node.state_dir);
  std::ofstream(folder_ + "/elsewhere/orders") << "mode off configured auto\nend\n";
  EXPECT_EQ(read().orders.lasting, Mode::off) << "the administrator's own link";
  ASSERT_EQ(lchown(settings_.node.state_dir.c_str(), 65534, 65534), 0);
  testing::internal::CaptureStderr();
  EXPECT_EQ(read().orders.lasting, Mode::automatic);
  {
    test::WatchedPort watched(port());
    watched.perform(released_after(30s));
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("state belongs to somebody else (node.state_dir)"), std::string::npos);
  std::ifstream in(folder_ + "/elsewhere/orders");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "mode off configured auto\nend\n") << "nothing was written";
}

TEST_F(OrderFileTest, DoesNotBelieveAFileOrAFolderAboveOfSomebodyElse) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root makes files of others";
  }
  fs::create_directory(settings_.node.state_dir);
  std::ofstream(file()) << "mode off configured auto\nend\n";
  EXPECT_EQ(read().orders.lasting, Mode::off);
  ASSERT_EQ(chown(file().c_str(), 65534, 65534), 0);
  EXPECT_EQ(read().orders.lasting, Mode::automatic);
  ASSERT_EQ(chown(file().c_str(), 0, 0), 0);
  ASSERT_EQ(chown(folder_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(read().orders.lasting, Mode::automatic);
}

TEST_F(OrderFileTest, SaysSoWhereALossOfPowerHasLeftNothing) {
  fs::create_directory(settings_.node.state_dir);
  std::ofstream(file()).flush();
  testing::internal::CaptureStderr();
  EXPECT_EQ(read().settings, LiveSettings{});
  EXPECT_NE(testing::internal::GetCapturedStderr().find("orders of earlier runs may be forgotten: " + file().string() +
                                                        ": it is empty"),
            std::string::npos);
  std::ofstream(file()) << "# What orders have changed.\nrelease_after 30s configured 10s\n";
  testing::internal::CaptureStderr();
  EXPECT_EQ(read().settings.release_after, 30s) << "what is left of it counts";
  EXPECT_NE(testing::internal::GetCapturedStderr().find("its end is missing"), std::string::npos);
}

TEST_F(OrderFileTest, WritesAnOverrideAnewWhenTheClockIsSet) {
  auto wall = std::chrono::system_clock::time_point(40s);  // 1970
  auto loop = std::move(Loop::open([&wall] { return wall; }).value());
  const auto kept = port();
  ASSERT_TRUE(kept->open(*loop).ok());
  Report ordered;
  ordered.mode = Mode::on;
  ordered.override_until = loop->now() + 1h;
  kept->perform(ReportChanged{ordered});
  const auto says = [&](const std::string& words) {
    const Instant end = loop->now() + 10s;
    while (text().find(words) == std::string::npos && loop->now() < end) {
      loop->wait(loop->now() + 10ms);  // nobody sets the real clock, which would wake it
    }
    return text().find(words) != std::string::npos;
  };
  EXPECT_TRUE(says("until 36")) << text();
  wall = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
  EXPECT_TRUE(says("until 18000035")) << text();
  kept->close();
}

// UBSan opens a pipe to look at an object's type for the first time, and ends the program where it cannot.
#ifndef __SANITIZE_ADDRESS__
TEST_F(OrderFileTest, WithoutAFreeDescriptorItOnlyComplains) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  testing::internal::CaptureStderr();
  {
    test::WatchedPort watched(port({.delay = 1h, .pause = 1h, .bunch = 1}));
    watched.perform(released_after(30s));
    const rlimit none{3, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("orders are not kept over a restart: "), std::string::npos) << log;
}
#endif

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
