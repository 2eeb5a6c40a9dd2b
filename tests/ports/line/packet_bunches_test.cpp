#include "ports/line/packet_bunches.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/unique_fd.h"
#include "ports/loop_until.h"

namespace voip {
namespace {

class PacketBunchesTest : public testing::Test {
 protected:
  PacketBunchesTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    far_ = UniqueFd(ends[0]);
    near_ = UniqueFd(ends[1]);
  }
  ~PacketBunchesTest() override { bunches_.stop(); }

  void start() {
    bunches_.set_interval(20ms);
    bunches_.start(*loop_, near_.get());
  }
  bool take() {
    ++takes_;
    const int before = taken_;
    for (char byte = 0; read(near_.get(), &byte, 1) == 1;) {
      ++taken_;
    }
    return goes_on_ && taken_ > before;
  }
  void send(int packets) {
    for (int i = 0; i < packets; ++i) {
      ASSERT_EQ(write(far_.get(), "x", 1), 1);
    }
  }
  bool waits_for(int takes) {
    return test::loop_until(*loop_, 5s, [&](const Event&) { return takes_ >= takes; });
  }
  // How often it was called meanwhile.
  int takes_in(Duration length) {
    const int before = takes_;
    test::loop_until(*loop_, length, [](const Event&) { return false; });
    return takes_ - before;
  }

  std::unique_ptr<Loop> loop_ = test::open_loop();
  UniqueFd far_;
  UniqueFd near_;
  PacketBunches bunches_{[this] { return take(); }};
  bool goes_on_ = false;
  int takes_ = 0;
  int taken_ = 0;
};

TEST_F(PacketBunchesTest, TakesPacketsThatComeTogetherAtOnce) {
  start();
  const Instant sent = loop_->now();
  send(50);
  ASSERT_TRUE(waits_for(1));
  EXPECT_EQ(taken_, 50);
  EXPECT_GE(loop_->now() - sent, 20ms);
  EXPECT_EQ(takes_in(100ms), 0);
}

TEST_F(PacketBunchesTest, SleepsWhileNothingComes) {
  start();
  EXPECT_EQ(takes_in(200ms), 0);
  goes_on_ = true;
  send(1);
  ASSERT_TRUE(waits_for(2));  // once more, and finds nothing
  EXPECT_EQ(takes_in(200ms), 0);
  send(1);
  EXPECT_TRUE(waits_for(3));
  EXPECT_EQ(taken_, 2);
}

TEST_F(PacketBunchesTest, StopsBeforeAndAfterAPacketCame) {
  start();
  bunches_.stop();
  send(1);
  EXPECT_EQ(takes_in(100ms), 0);
  start();
  loop_->wait(loop_->now() + 5ms);  // it has seen the packet, and takes it later
  bunches_.stop();
  EXPECT_EQ(takes_in(100ms), 0);
  start();
  EXPECT_TRUE(waits_for(1));
  EXPECT_EQ(taken_, 1);
}

}  // namespace
}  // namespace voip
