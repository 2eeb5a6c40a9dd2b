// The clocks of the loop, as the kernel shows them.
#include "system/loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ports/loop_until.h"

namespace voip {
namespace {

using test::open_loop;

// Whether some descriptor of this process has all of these lines in /proc/self/fdinfo.
bool has_descriptor(const std::vector<std::string>& lines) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (std::all_of(lines.begin(), lines.end(), [&text](const auto& line) { return text.find(line) != std::string::npos; })) {
      return true;
    }
  }
  return false;
}

TEST(Loop, WaitsForADeadlineOnTheClockThatGoesOnInASleep) {
  const auto loop = open_loop();
  const UniqueFd ready(eventfd(1, EFD_CLOEXEC));
  ASSERT_TRUE(loop->watch(ready.get(), EPOLLIN, [](std::uint32_t) {}).ok());
  loop->wait(loop->now() + 1h);
  EXPECT_TRUE(has_descriptor({"clockid: 7\n", "it_value: (35"})) << "CLOCK_BOOTTIME; the alarm is left as it was set";
  loop->unwatch(ready.get());
  const Instant deadline = loop->now() + 30ms;
  while (loop->now() < deadline) {
    loop->wait(deadline);
  }
  const std::vector<Event>& events = loop->wait(loop->now());
  EXPECT_EQ(events.size(), 1U) << "a deadline that has come is not waited for";
}

TEST(Loop, IsWokenWhenTheClockIsSet) {
  const auto loop = open_loop();
  EXPECT_TRUE(has_descriptor({"clockid: 0\n", "settime flags: 03\n"})) << "TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET";
}

TEST(Loop, TellsThatTheClockWasSetOnceForEachTime) {
  std::chrono::seconds ahead{};
  const auto loop = std::move(Loop::open([&] { return std::chrono::system_clock::now() + ahead; }).value());
  int times = 0;
  auto listener = loop->on_clock_set([&] { ++times; });
  loop->wait(loop->now());
  EXPECT_EQ(times, 0);
  ahead = std::chrono::hours(24 * 365 * 56);
  loop->wait(loop->now());
  loop->wait(loop->now());
  EXPECT_EQ(times, 1);
  ahead = {};
  loop->wait(loop->now());
  EXPECT_EQ(times, 2);
  listener.reset();
  ahead = std::chrono::hours(1);
  loop->wait(loop->now());
  EXPECT_EQ(times, 2) << "nobody listens any more";
}

}  // namespace
}  // namespace voip
