// The delay of real TCP connections through a NAT router, as its WAN shows it.
#include "ports/line/line.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>

#include <array>
#include <fstream>
#include <string>

#include "ports/conntrack/small_home.h"
#include "ports/line/tcp_pair.h"
#include "ports/loop_until.h"

namespace voip {
namespace {

using test::Inside;
using test::SmallHome;

class LineDelay : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string problem = home_.start(); !problem.empty()) {
      GTEST_SKIP() << problem;
    }
    ASSERT_TRUE(port_->open(*loop_));
  }
  void TearDown() override { port_->close(); }

  void measure(bool is_wanted) {
    const Inside router(home_.router);
    port_->perform(MeasureDelay{is_wanted});
  }

  // Packet sockets in the router.
  int sockets() {
    const Inside router(home_.router);
    std::ifstream list("/proc/thread-self/net/packet");
    std::string line;
    int lines = -1;  // the heading
    while (std::getline(list, line)) {
      ++lines;
    }
    return lines;
  }

  std::optional<DelayMeasured> next(Duration limit, const std::function<bool(const DelayMeasured&)>& fits) {
    std::optional<DelayMeasured> found;
    test::loop_until(*loop_, limit, [&](const Event& event) {
      const auto* told = std::get_if<DelayMeasured>(&event);
      if (told != nullptr && fits(*told)) {
        found = *told;
      }
      return found.has_value();
    });
    return found;
  }

  // Sends until it does, so that acknowledgements pile up however many segments one of them answers.
  bool sees_a_queue_of(Duration delay, const test::TcpSocket& client) {
    for (int i = 0; i < 500; ++i) {
      client.offer(1000);
      if (next(10ms, [&](const DelayMeasured& sample) { return sample.is_exact && sample.delay > delay; })) {
        return true;
      }
    }
    return false;
  }

  SmallHome home_;
  std::unique_ptr<Loop> loop_ = test::open_loop();
  std::string wan_ = "wan0";
  std::unique_ptr<Port> port_ = make_line(Settings{}, [this] { return wan_; });
};

TEST_F(LineDelay, TheTimeFromASegmentToItsAnswerIsToldInBothFamilies) {
  for (const bool is_v6 : {false, true}) {
    measure(true);
    const auto [client, server] = test::connect_tcp(home_, is_v6);
    const Instant before = loop_->now();
    client.send(1000);
    const auto told = next(2s, [](const DelayMeasured& sample) { return sample.is_exact; });
    ASSERT_TRUE(told) << is_v6;
    EXPECT_LT(told->delay, 60ms);
    EXPECT_GE(told->sent, before - 100ms);
    EXPECT_LE(told->sent, loop_->now());
    measure(false);
  }
}

TEST_F(LineDelay, WithoutTimestampsTheAcknowledgedNumbersTellIt) {
  ASSERT_EQ(SmallHome::run(home_.phone, "echo 0 > /proc/sys/net/ipv4/tcp_timestamps"), 0);
  for (const bool is_v6 : {false, true}) {
    measure(true);
    const auto [client, server] = test::connect_tcp(home_, is_v6);
    const auto opening = next(2s, [](const DelayMeasured& sample) { return sample.is_exact; });
    EXPECT_TRUE(opening) << is_v6;
    client.send(1000);
    const auto told = next(2s, [](const DelayMeasured& sample) { return sample.is_exact; });
    ASSERT_TRUE(told) << is_v6;
    EXPECT_GE(told->sent, opening->sent);  // in milliseconds
    EXPECT_LT(told->delay, 60ms);
    EXPECT_EQ(told->remote.contains(*IpAddress::parse(is_v6 ? SmallHome::server_v6 : SmallHome::server_v4)), true);
    measure(false);
  }
}

TEST_F(LineDelay, WithoutTimestampsAQueueOnTheWayIsSeen) {
  ASSERT_EQ(SmallHome::run(home_.phone, "echo 0 > /proc/sys/net/ipv4/tcp_timestamps"), 0);
  ASSERT_EQ(SmallHome::run(home_.server, "tc qdisc add dev eth0 root tbf rate 8kbit burst 200 limit 20000"), 0);
  const auto [client, server] = test::connect_tcp(home_, false);
  measure(true);
  EXPECT_TRUE(sees_a_queue_of(150ms, client));
}

TEST_F(LineDelay, AQueueOnTheWayIsSeen) {
  // What the server sends waits: an acknowledgement takes 66 ms of this line.
  ASSERT_EQ(SmallHome::run(home_.server, "tc qdisc add dev eth0 root tbf rate 8kbit burst 200 limit 20000"), 0);
  const auto [client, server] = test::connect_tcp(home_, false);
  measure(true);
  EXPECT_TRUE(sees_a_queue_of(200ms, client));
}

TEST_F(LineDelay, WhatIsNotTcpIsNotLookedAt) {
  measure(true);
  const test::UdpSocket phone(home_.phone, test::at(SmallHome::phone_v4, 7078));
  const test::UdpSocket server(home_.server, test::at(SmallHome::server_v4, 7078));
  phone.send(test::at(SmallHome::server_v4, 7078), 200, 172);
  server.answer(200, 200, 172);
  EXPECT_FALSE(next(100ms, [](const DelayMeasured&) { return true; }));
}

TEST_F(LineDelay, NothingIsOpenUnlessItIsWanted) {
  EXPECT_EQ(sockets(), 0);
  measure(true);
  EXPECT_EQ(sockets(), 1);
  measure(true);
  EXPECT_EQ(sockets(), 1);
  measure(false);
  EXPECT_EQ(sockets(), 0);
  const auto [client, server] = test::connect_tcp(home_, false);
  client.send(1000);
  EXPECT_FALSE(next(100ms, [](const DelayMeasured&) { return true; }));
  measure(true);
  port_->close();
  EXPECT_EQ(sockets(), 0);
}

TEST_F(LineDelay, WithoutAWanNothingIsTold) {
  for (const char* device : {"", "gone0"}) {
    wan_ = device;
    measure(true);
    EXPECT_EQ(sockets(), 0);
    measure(false);
  }
  wan_ = "wan0";
  measure(true);
  EXPECT_EQ(sockets(), 1) << "it is asked for anew";
}

TEST_F(LineDelay, ADeviceThatIsMadeAnewUnderItsNameIsLookedAt) {
  const auto look = [this](const Action& action) {
    const Inside router(home_.router);
    port_->perform(action);
  };
  const auto is_on_new = [this] {
    return SmallHome::run(home_.router, "grep -q \" 0003 *$(ip -o link show wan0 | cut -d: -f1) \" /proc/net/packet") == 0;
  };
  look(WatchLine{LineLook::stirring});
  ASSERT_TRUE(is_on_new());
  ASSERT_EQ(SmallHome::run(home_.router,
                           "ip link set wan0 down; ip link set wan0 name old0; ip link add wan0 type ifb; ip link set wan0 up"),
            0);
  EXPECT_FALSE(is_on_new());
  look(ObserveQos{});
  EXPECT_TRUE(is_on_new()) << "as PPPoE does when it connects again";
  EXPECT_EQ(sockets(), 1);
}

// Takes a capability away from this thread while it lives.
class Without {
 public:
  explicit Without(unsigned capability) {
    EXPECT_EQ(syscall(SYS_capget, &header_, before_.data()), 0);
    auto less = before_;
    less[0].effective &= ~(1U << capability);
    EXPECT_EQ(syscall(SYS_capset, &header_, less.data()), 0);
  }
  ~Without() { EXPECT_EQ(syscall(SYS_capset, &header_, before_.data()), 0); }
  Without(const Without&) = delete;
  Without& operator=(const Without&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> before_{};
};

TEST_F(LineDelay, WithoutThePrivilegeNothingIsToldAndThatIsSaidOnce) {
  testing::internal::CaptureStderr();
  {
    const Inside router(home_.router);
    const Without raw(CAP_NET_RAW);
    port_->perform(MeasureDelay{true});
    port_->perform(MeasureDelay{false});
    port_->perform(MeasureDelay{true});
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(sockets(), 0);
  const std::size_t at = said.find("needs CAP_NET_RAW");
  ASSERT_NE(at, std::string::npos) << said;
  EXPECT_EQ(said.find("needs CAP_NET_RAW", at + 1), std::string::npos) << said;
  EXPECT_NE(said.find("qos.tc.drain_for"), std::string::npos) << said;
}

TEST_F(LineDelay, ASocketThatWasLentNeedsNoPrivilegeAndServesAgainAndAgain) {
  UniqueFd lent;
  {
    const Inside router(home_.router);
    lent.reset(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }
  ASSERT_TRUE(lent);
  port_ = make_line(
      Settings{}, [this] { return wan_; }, lent.get());
  ASSERT_TRUE(port_->open(*loop_));
  const auto measures = [&] {
    {
      const Inside router(home_.router);
      const Without raw(CAP_NET_RAW);
      port_->perform(MeasureDelay{true});
    }
    const auto [client, server] = test::connect_tcp(home_, false);
    client.send(1000);
    const bool is_told = next(2s, [](const DelayMeasured& sample) { return sample.is_exact; }).has_value();
    measure(false);
    // What passes now is nobody's.
    client.send(1000);
    char byte = 0;
    return is_told && recv(lent.get(), &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  };
  EXPECT_TRUE(measures());
  wan_ = "lan0";
  measure(true);  // another device in between
  measure(false);
  wan_ = "wan0";
  EXPECT_TRUE(measures());
  ASSERT_EQ(SmallHome::run(home_.router, "ip link set wan0 down && ip link set wan0 up"), 0);
  EXPECT_TRUE(measures()) << "after the device was down";
  EXPECT_EQ(sockets(), 1) << "it stays, for the next time";
}

}  // namespace
}  // namespace voip
