// policy.compare: each n-th call is left alone at its beginning; and what is known of a call at its end for the report.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

// A call of the phone, on a flow of its own.
FlowKey phone(std::uint16_t number) {
  return flow_key("192.168.1.5", static_cast<std::uint16_t>(40'000 + number), "203.0.113.9", 3478);
}
const FlowKey laptop = flow_key("192.168.1.6", 40'000, "198.51.100.9", 3478);

Settings every(std::uint32_t n) {
  Settings settings;
  settings.policy.compare_every = n;
  return settings;
}

class Compared : public testing::Test {
 protected:
  void hang_up() {
    for (std::uint16_t number = 1; number <= calls_; ++number) {
      home_.traffic(phone(number), 0, 0);
    }
    home_.expire(laptop);
    home_.run_for(1min);
    ASSERT_EQ(home_.report.calls, 0);
    ASSERT_EQ(home_.actual, Qos::off);
  }
  void call_up() { home_.traffic(phone(++calls_), 50, 50); }
  // The first call is over, the second is up.
  void begin_the_second() {
    call_up();
    home_.run_for(20s);
    ASSERT_EQ(home_.actual, Qos::on) << "the first is as always";
    hang_up();
    call_up();
    home_.run_for(4s);
    ASSERT_EQ(home_.report.calls, 1);
    ASSERT_EQ(home_.actual, Qos::off);
  }
  [[nodiscard]] std::vector<bool> compared() const {
    std::vector<bool> all;
    for (const CallEnded& ended : home_.all<CallEnded>()) {
      all.push_back(ended.call.was_compared);
    }
    return all;
  }

  std::uint16_t calls_ = 0;
  Simulation home_{every(2)};
};

TEST_F(Compared, CallsAreLeftAloneForTenSecondsAndSaidToBe) {
  begin_the_second();
  EXPECT_FALSE(home_.report.wanted);
  EXPECT_EQ(home_.report.reason, Reason::pause);
  EXPECT_NE(home_.report.remark.find("to compare (policy.compare)"), std::string::npos) << home_.report.remark;
  const Instant began = *home_.report.call_started;
  home_.run_until(began + 9900ms);
  EXPECT_FALSE(home_.report.wanted);
  home_.run_until(began + 10'500ms);
  EXPECT_EQ(home_.actual, Qos::on);
  EXPECT_EQ(home_.report.reason, Reason::call);
  EXPECT_EQ(home_.report.remark, "");
  hang_up();
  call_up();
  home_.run_for(5s);
  EXPECT_EQ(home_.actual, Qos::on) << "the third is as always";
  hang_up();
  EXPECT_EQ(compared(), (std::vector<bool>{false, true, false}));
}

TEST_F(Compared, CallsGiveWayToAnotherCallAtOnce) {
  begin_the_second();
  home_.traffic(laptop, 50, 50);
  home_.run_for(2s);
  EXPECT_EQ(home_.report.calls, 2);
  EXPECT_EQ(home_.actual, Qos::on);
  home_.traffic(laptop, 0, 0);
  home_.run_for(2s);
  EXPECT_EQ(home_.actual, Qos::on) << "and it stays";
}

TEST_F(Compared, CallsGiveWayToAnOrderAtOnce) {
  begin_the_second();
  home_.send(SetMode{.mode = Mode::on, .until_changed = true});
  home_.run_for(1s);
  EXPECT_EQ(home_.actual, Qos::on);
  EXPECT_EQ(home_.report.remark, "");
  home_.send(SetMode{.mode = Mode::automatic});
  home_.run_for(1s);
  EXPECT_EQ(home_.actual, Qos::on) << "who goes back to auto wants what the calls want";
}

TEST_F(Compared, CallsAreNoneThatBeginBesideAnother) {
  call_up();
  home_.run_for(10s);
  home_.traffic(laptop, 50, 50);
  home_.run_for(5s);
  EXPECT_EQ(home_.actual, Qos::on);
  hang_up();
  EXPECT_EQ(compared(), (std::vector<bool>{false, false}));
}

TEST_F(Compared, CallsAreNoneThatBeginWhileQosIsStillOn) {
  call_up();
  home_.run_for(20s);
  home_.traffic(phone(calls_), 0, 0);
  home_.run_for(6s);
  ASSERT_EQ(home_.report.reason, Reason::release);
  home_.traffic(laptop, 50, 50);
  home_.run_for(20s);
  EXPECT_EQ(home_.actual, Qos::on);
  EXPECT_EQ(home_.all<QosSwitched>().size(), 1U) << "it was never switched off";
  hang_up();
  EXPECT_EQ(compared(), (std::vector<bool>{false, false}));
}

TEST(NothingIsCompared, ByDefaultNorWhereNothingIsSwitched) {
  for (const bool switches : {true, false}) {
    Simulation home(switches ? Settings{} : every(2), {.switches = switches, .drains = false});
    for (std::uint16_t i = 0; i < 4; ++i) {
      home.traffic(phone(i), 50, 50);
      home.run_for(30s);
      EXPECT_EQ(home.report.wanted, true);
      home.traffic(phone(i), 0, 0);
      home.run_for(1min);
    }
    for (const CallEnded& ended : home.all<CallEnded>()) {
      EXPECT_FALSE(ended.call.was_compared);
    }
  }
}

TEST(ACallThatIsOver, SaysHowLongAfterItsFirstPacketQosCame) {
  Simulation home;
  home.run_for(10s);
  const Instant first_packet = home.now();
  home.traffic(phone(1), 50, 50);
  home.run_for(20s);
  const auto switched = home.first<QosSwitched>();
  ASSERT_TRUE(switched);
  home.traffic(phone(1), 0, 0);
  home.run_for(7s);
  home.traffic(laptop, 50, 50);  // QoS is on before it
  home.run_for(20s);
  home.traffic(laptop, 0, 0);
  home.run_for(1min);
  const auto ended = home.all<CallEnded>();
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].call.first_packet, first_packet);
  EXPECT_EQ(ended[0].call.qos_came, switched);
  EXPECT_TRUE(ended[1].call.had_qos);
  EXPECT_FALSE(ended[1].call.qos_came);
}

TEST(ACallThatIsUp, CanBeToldAsItWouldBeIfItEndedNow) {
  Simulation home;
  home.traffic(phone(1), 50, 50);
  home.run_for(60s);
  const auto cut = home.engine().cut_calls(home.now());
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut.front().ended, home.now());
  EXPECT_EQ(cut.front().quality.grade, Grade::good);
  EXPECT_NEAR(static_cast<double>(cut.front().rates.up_bit_per_s), 80'000, 3000);
  EXPECT_EQ(home.report.calls, 1) << "nothing has changed";
}

}  // namespace
}  // namespace voip
