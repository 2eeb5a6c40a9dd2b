// Calls kept in real files, in a directory of the test's own.
#include "ports/calls/calls.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "own_directory.h"
#include "ports/watched_port.h"

namespace voip {
namespace {

namespace fs = std::filesystem;

class CallFileTest : public testing::Test {
 protected:
  CallFileTest() { settings_.node.state_dir = folder_ + "/state"; }

  [[nodiscard]] fs::path file() const { return settings_.node.state_dir + "/calls"; }
  [[nodiscard]] std::string text() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] KeptCallsRead read() const { return read_kept_calls(settings_.node.state_dir).value(); }
  [[nodiscard]] std::vector<std::string> devices() const {
    std::vector<std::string> names;
    for (const KeptCall& call : read().calls) {
      names.push_back(call.device);
    }
    return names;
  }
  [[nodiscard]] static Call call(const std::string& device) {
    Call call;
    call.device = device;
    call.first_flow = {{*IpAddress::parse("192.168.1.30"), 7078}, {*IpAddress::parse("203.0.113.9"), 3478}};
    call.started = Instant(1000s);
    call.ended = Instant(1060s);
    return call;
  }
  // A whole life of the port in which these calls end.
  void keep(const std::vector<std::string>& names) const {
    test::WatchedPort watched(make_call_file(settings_));
    EXPECT_TRUE(watched.opened);
    for (const std::string& name : names) {
      watched.perform(CallEnded{call(name)});
    }
  }

  test::OwnDirectory own_;
  std::string folder_ = own_.path();
  Settings settings_;
};

using Names = std::vector<std::string>;

TEST_F(CallFileTest, KeepsACallAtOnceInADirectoryOfItsOwn) {
  EXPECT_TRUE(read().calls.empty()) << "no file is no error";
  test::WatchedPort watched(make_call_file(settings_));
  EXPECT_FALSE(fs::exists(settings_.node.state_dir)) << "nothing is made before there is a call";
  watched.perform(CallEnded{call("Kitchen")});
  ASSERT_TRUE(watched.wait_until([&] { return read().calls.size() == 1; }));
  EXPECT_EQ(read().calls.front().duration_s, 60);
  EXPECT_GT(read().calls.front().began_s, 1'600'000'000 - 1'000'000) << "on the calendar";
  struct stat about {};
  ASSERT_EQ(stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
  watched.perform(CallEnded{call("Study")});
  ASSERT_TRUE(watched.wait_until([&] { return read().calls.size() == 2; }));
  EXPECT_EQ(devices(), (Names{"Kitchen", "Study"}));
}

TEST_F(CallFileTest, KeepsNoCallThatWasNone) {
  test::WatchedPort watched(make_call_file(settings_));
  Call none = call("Kitchen");
  none.was_none = true;
  watched.perform(CallEnded{none});
  watched.perform(CallStarted{call("Kitchen")});
  watched.wait(30ms);
  EXPECT_FALSE(fs::exists(settings_.node.state_dir));
}

TEST_F(CallFileTest, KeepsWhatIsUpAtTheEnd) {
  {
    test::WatchedPort watched(make_call_file(settings_));
    watched.perform(CallCut{call("Kitchen")});
  }
  ASSERT_EQ(devices(), Names{"Kitchen"});
  EXPECT_TRUE(read().calls.front().is_cut);
}

TEST_F(CallFileTest, KeepsNoMoreThanTheLastOnes) {
  settings_.node.keep_calls = 3;
  for (int i = 0; i < 20; ++i) {
    keep({std::to_string(i)});
    EXPECT_LT(read().calls.size(), 6U);
  }
  const Names kept = devices();
  ASSERT_GE(kept.size(), 3U);
  EXPECT_EQ(Names(kept.end() - 3, kept.end()), (Names{"17", "18", "19"}));
  EXPECT_EQ(std::distance(fs::directory_iterator(settings_.node.state_dir), fs::directory_iterator()), 1);
}

TEST_F(CallFileTest, AFloodOfCallsLosesNoneAndIsWrittenInBunches) {
  Names names;
  for (int i = 0; i < 100; ++i) {
    names.push_back(std::to_string(i));
  }
  keep(names);
  EXPECT_EQ(devices(), names);
}

TEST_F(CallFileTest, ALineThatALossOfPowerHasTornOffIsLeftOutAndTheNextStandsByItself) {
  keep({"Kitchen", "Study"});
  const std::string whole = text();
  for (const std::size_t lost : {1U, 10U, 100U}) {
    fs::resize_file(file(), whole.size() - lost);
    keep({"Hall"});
    EXPECT_EQ(devices(), lost == 1 ? (Names{"Kitchen", "Study", "Hall"}) : (Names{"Kitchen", "Hall"})) << lost;
    std::ofstream(file()) << whole;
  }
  // The length was on the disk before the text.
  fs::resize_file(file(), whole.size() - 10);
  fs::resize_file(file(), whole.size() + 300);
  keep({"Hall"});
  EXPECT_EQ(devices(), (Names{"Kitchen", "Hall"}));
}

TEST_F(CallFileTest, WritesNothingThroughALinkAndIntoNothingOfOthers) {
  keep({"Kitchen"});
  const fs::path elsewhere = folder_ + "/elsewhere";
  std::ofstream(elsewhere) << "precious\n";
  fs::remove(file());
  fs::create_symlink(elsewhere, file());
  testing::internal::CaptureStderr();
  keep({"Study"});
  EXPECT_EQ(fs::file_size(elsewhere), 9U);
  EXPECT_FALSE(read_kept_calls(settings_.node.state_dir)) << "nor is it read";
  fs::remove(file());
  std::ofstream(file()) << to_line(kept_call(call("Stranger"), 0, false));
  fs::permissions(file(), fs::perms::all);
  keep({"Study"});
  EXPECT_EQ(devices(), Names{"Stranger"});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("calls are not kept for the report: write "), std::string::npos) << log;
  EXPECT_NE(log.find("everybody may write to it (node.state_dir)"), std::string::npos) << log;
}

TEST_F(CallFileTest, TriesAgainWhatADirectoryDidNotTakeAndComplainsOnce) {
  std::ofstream(settings_.node.state_dir) << "a file is in its place";
  testing::internal::CaptureStderr();
  test::WatchedPort watched(make_call_file(settings_));
  for (const char* name : {"Kitchen", "Study"}) {
    watched.perform(CallEnded{call(name)});
    watched.wait(30ms);
  }
  fs::remove(settings_.node.state_dir);
  watched.perform(CallEnded{call("Hall")});
  EXPECT_TRUE(watched.wait_until([&] { return devices() == Names{"Kitchen", "Study", "Hall"}; }));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("calls are not kept"), log.rfind("calls are not kept")) << log;
}

TEST_F(CallFileTest, IsWrittenAsSoonAsItCanBeWithoutAnotherCall) {
  std::ofstream(settings_.node.state_dir) << "a file is in its place";
  testing::internal::CaptureStderr();
  test::WatchedPort watched(make_call_file(settings_, 20ms));
  watched.perform(CallEnded{call("Kitchen")});
  watched.wait(50ms);
  fs::remove(settings_.node.state_dir);
  EXPECT_TRUE(watched.wait_until([&] { return devices() == Names{"Kitchen"}; }));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("calls are not kept"), log.rfind("calls are not kept")) << log;
}

TEST_F(CallFileTest, KeepsNothingAndDeletesWhatWasKeptWhenItIsToldSo) {
  keep({"Kitchen"});
  ASSERT_TRUE(fs::exists(file()));
  settings_.node.keep_calls = 0;
  keep({"Study"});
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(CallFileTest, AFullDiskLeavesNoPartOfALine) {
  keep({"Kitchen"});
  const std::string before = text();
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{before.size() + 20, old.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  testing::internal::CaptureStderr();
  keep({"Study"});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  signal(SIGXFSZ, SIG_DFL);
  static_cast<void>(testing::internal::GetCapturedStderr());
  EXPECT_EQ(text(), before);
}

}  // namespace
}  // namespace voip
