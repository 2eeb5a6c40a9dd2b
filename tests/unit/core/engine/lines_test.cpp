// What the engine makes of a line: when it is looked at, which rates are used, what is told.
#include <gtest/gtest.h>

#include "unit/core/line/line_samples.h"

namespace voip {
namespace {

using test::a_network;
using test::another_network;
using test::answers;

constexpr Reconciler::Abilities takes_rates{.switches = true, .drains = false, .takes_rates = true};

Settings quick() {
  Settings settings;
  settings.qos.actuator = "tc";
  settings.policy.min_on = 1s;
  settings.policy.min_off = 1s;
  settings.policy.release_after = 1s;
  return settings;
}

// A line that is full in both directions, of these rates.
class ALine : public testing::Test {
 protected:
  explicit ALine(const Settings& settings = quick(), Reconciler::Abilities abilities = takes_rates)
      : home_(settings, abilities) {}
  void full(Duration length, std::uint64_t up_kbit, std::uint64_t down_kbit = 0, Duration queue = 300ms) {
    for (const Instant end = home_.now() + length; home_.now() < end;) {
      home_.run_for(test::sample_length);
      if (look() == LineLook::stirring) {
        home_.send(LineStirred{});
      } else if (look() == LineLook::counters) {
        home_.send(test::counters_only(home_.now(), up_kbit, down_kbit));
      } else if (look() == LineLook::headers) {
        home_.send(test::sample(home_.now(), {.up_kbit = up_kbit,
                                              .arrived_kbit = up_kbit,
                                              .down_kbit = down_kbit,
                                              .networks = {answers(a_network, queue, down_kbit == 0 ? 0ms : queue),
                                                           answers(another_network, queue, down_kbit == 0 ? 0ms : queue)}}));
      }
    }
  }
  [[nodiscard]] LineLook look() const { return home_.all<WatchLine>().back().look; }
  [[nodiscard]] LineRates rates() const { return home_.all<UseRates>().back().rates; }
  void call(bool is_up) { home_.traffic(flow_key("192.168.1.5", 40'000, "203.0.113.9", 3478), is_up ? 50 : 0, is_up ? 50 : 0); }

  Simulation home_;
};

Settings with_a_queue() {
  Settings settings = quick();
  settings.qos.queue_target = 30ms;
  return settings;
}

class ALineWithAQueue : public ALine {
 protected:
  ALineWithAQueue() : ALine(with_a_queue()) {}
};

class ALineThatIsDrained : public ALine {
 protected:
  ALineThatIsDrained() : ALine(quick(), {.switches = true, .drains = true, .takes_rates = true}) {}
  // A call begins into such a queue, of which the answers tell that come while it drains.
  Duration drained_for(Duration queue) {
    call(true);
    while (home_.actual != Qos::draining && home_.now() < at(1060s)) {
      full(50ms, 1000, 0, queue);
    }
    const Instant begin = home_.now();
    while (home_.actual == Qos::draining) {
      home_.run_for(50ms);
      if (is_measuring() && home_.now() - begin > queue) {
        home_.send(DelayMeasured{1, begin, queue});
      } else if (is_measuring()) {
        home_.send(DelayMeasured{1, begin, home_.now() - begin, false});
      }
    }
    return home_.now() - begin;
  }
  [[nodiscard]] bool is_measuring() const {
    const auto orders = home_.all<MeasureDelay>();
    return !orders.empty() && orders.back().is_wanted;
  }
};

class ALineWithCake : public ALine {
 protected:
  ALineWithCake() : ALine(settings()) {}
  static Settings settings() {
    Settings settings = quick();
    settings.qos.actuator = "cake-rate";
    settings.qos.cake_rate.upload_is_auto = true;
    return settings;
  }
};

class ALineWithNumbers : public ALine {
 protected:
  ALineWithNumbers() : ALine(settings()) {}
  static Settings settings() {
    Settings settings = quick();
    settings.qos.tc.upload_is_auto = settings.qos.tc.download_is_auto = false;
    settings.qos.tc.upload_kbit = 950;
    settings.qos.tc.download_kbit = 5000;
    return settings;
  }
};

TEST_F(ALine, IsWaitedForWithoutAWakeUp) {
  EXPECT_EQ(look(), LineLook::stirring);
  const auto wakeups = home_.wakeups;
  home_.run_for(4min);
  EXPECT_LE(home_.wakeups - wakeups, 1U);
}

TEST_F(ALine, ThatIsLearntIsUsed) {
  ASSERT_EQ(rates(), LineRates{});
  full(8s, 1000);
  EXPECT_NEAR(rates().upload_kbit, 1000, 10);
  EXPECT_EQ(rates().download_kbit, 0U);
}

TEST_F(ALine, IsToldAtOnceAndThenNotTooOften) {
  EXPECT_EQ(home_.all<LineChanged>().size(), 1U) << "that it is not known";
  full(60s, 1000);
  const auto told = home_.all<LineChanged>();
  EXPECT_GE(told.size(), 3U);
  EXPECT_LE(told.size(), 14U);
  EXPECT_NEAR(told.back().line.up.kbit.value_or(0), 1000, 10);
}

TEST_F(ALine, ThatBecomesKnownIsToldAtOnce) {
  for (int i = 0; i < 40 && rates().upload_kbit == 0; ++i) {
    full(250ms, 1000);
  }
  ASSERT_NE(rates().upload_kbit, 0U);
  EXPECT_EQ(home_.all<LineChanged>().back().line.up.kbit, rates().upload_kbit);
}

TEST_F(ALine, ThatIsLearntInACallLetsWhatWasRefusedBeTriedAtOnce) {
  home_.fault = [this](Qos wanted) {
    return wanted == Qos::on && rates() == LineRates{} ? "the line's rate is not known yet" : "";
  };
  call(true);
  home_.run_for(60s);
  EXPECT_EQ(home_.report.observed, Qos::off);
  EXPECT_EQ(home_.report.error, "the line's rate is not known yet");
  full(8s, 1000);
  EXPECT_EQ(home_.report.observed, Qos::on);
  EXPECT_EQ(home_.report.error, "");
}

TEST_F(ALine, ThatBecomesSlowerInACallIsShapedToLessAtOnceAndWithoutGoingOff) {
  full(8s, 1000);
  call(true);
  home_.run_for(5s);
  ASSERT_EQ(home_.report.observed, Qos::on);
  full(3s, 700, 0, 0ms);
  const auto before = home_.ordered.size();
  full(1500ms, 500);
  EXPECT_LT(rates().upload_kbit, 520U);
  EXPECT_GT(home_.ordered.size(), before);
  const std::string step = home_.all<UseRates>().back().step;
  EXPECT_NE(step.find("the upload is shaped to "), std::string::npos) << step;
  EXPECT_NE(step.find("a queue of 300 ms stood on the line, which carried 500 kbit/s"), std::string::npos) << step;
  EXPECT_EQ(std::count(home_.ordered.begin() + static_cast<std::ptrdiff_t>(before), home_.ordered.end(), Qos::off), 0);
  EXPECT_EQ(home_.report.error, "");
}

TEST_F(ALineWithAQueue, IsFilledUpToItInACall) {
  full(8s, 1000);
  call(true);
  home_.run_for(5s);
  ASSERT_EQ(home_.report.observed, Qos::on);
  full(6s, 1000, 0, 45ms);  // shorter ones cannot be told from none on so slow a line
  const std::uint32_t share = rates().upload_kbit * 70 / 100;
  EXPECT_GT(share, 800U) << "without it they are 700; what is missing of 970 is taken for the call";
  EXPECT_LT(share, 970U);
  EXPECT_NEAR(home_.all<LineChanged>().back().line.up.shaped_kbit, 970, 10) << "what is let into the line is told";
  full(1s, 500);
  EXPECT_LT(rates().upload_kbit * 70 / 100, 500U);
  EXPECT_NE(home_.all<UseRates>().back().step.find("the upload is shaped to 500 kbit/s: in spite of"), std::string::npos);
}

TEST_F(ALineThatIsDrained, IsDrainedForAsLongAsItsQueueNeeds) {
  full(8s, 1000, 0, 2s);
  const Duration length = drained_for(2s);
  EXPECT_GE(length, 2300ms);
  EXPECT_LE(length, 2700ms);
  EXPECT_NEAR(rates().upload_kbit, 1000, 10);
}

TEST_F(ALineThatIsDrained, IsDrainedForAsLongAsIsSetWhereItsQueueIsShort) {
  full(8s, 1000, 0, 300ms);
  const Duration length = drained_for(300ms);
  EXPECT_GE(length, 1s);
  EXPECT_LE(length, 1300ms);
}

TEST_F(ALineThatIsDrained, IsDrainedForAsLongAsIsSetWhereItIsNotLearnt) {
  drained_for(2s);
  EXPECT_FALSE(is_measuring());
}

TEST_F(ALineWithCake, IsFollowedToo) {
  full(8s, 1000);
  EXPECT_NEAR(rates().upload_kbit, 1000, 10);
  EXPECT_EQ(rates().download_kbit, 0U);
  call(true);
  home_.run_for(5s);
  ASSERT_EQ(home_.report.observed, Qos::on);
  full(3s, 900, 0, 0ms);
  full(1s, 500);
  ASSERT_LT(rates().upload_kbit, 520U);
  const std::uint32_t low = rates().upload_kbit;
  full(10s, std::uint64_t{low} * 80 / 100, 0, 0ms);
  EXPECT_EQ(rates().upload_kbit, low) << "what is held back would take 95 % of it, so nobody waits";
}

TEST_F(ALineWithNumbers, IsSaidToContradictThem) {
  full(8s, 1000);
  EXPECT_EQ(home_.report.remark, "");
  full(90s, 700);
  EXPECT_EQ(home_.report.remark, "qos.tc.upload_kbit is 950, but the line carries 700");
  full(90s, 700, 20'000);
  EXPECT_EQ(home_.report.remark,
            "qos.tc.upload_kbit is 950, but the line carries 700; qos.tc.download_kbit is 5000, but the line carries 20000");
  home_.send(LineReplaced{});
  EXPECT_EQ(home_.report.remark, "");
}

TEST_F(ALine, OfWhichADirectionIsLearntInACallIsLeftUntilTheNext) {
  full(8s, 1000);
  call(true);
  home_.run_for(5s);
  full(8s, 100, 5000);
  EXPECT_EQ(rates().download_kbit, 0U) << "the shaping would have to be set up anew";
  call(false);
  home_.run_for(10s);
  ASSERT_EQ(home_.report.observed, Qos::off);
  EXPECT_NEAR(rates().download_kbit, 5000, 50);
}

TEST_F(ALine, ThatIsAnotherIsForgotten) {
  full(8s, 1000);
  home_.send(LineReplaced{});
  EXPECT_EQ(rates().upload_kbit, 0U);
  EXPECT_FALSE(home_.engine().line().up.kbit);
}

TEST_F(ALine, ThatCannotBeLookedAtIsSaidToBeSo) {
  home_.send(LineSightChanged{"needs CAP_NET_RAW"});
  EXPECT_EQ(home_.all<UseRates>().back().blocker, "needs CAP_NET_RAW");
  home_.run_for(1min);
  EXPECT_EQ(home_.all<LineChanged>().back().line.blocker, "needs CAP_NET_RAW");
}

// The simulation holds that no deadline is in the past.
TEST_F(ALine, ThatIsDrainedWhenQosGoesOffLeavesNothingToWaitFor) {
  full(8s, 1000);
  call(true);
  home_.run_for(5s);
  full(3s, 700, 0, 0ms);
  while (rates().upload_kbit > 400) {
    full(250ms, 500);
  }
  home_.actual = Qos::off;
  home_.send(ShapingTouched{});
  home_.fault = [](Qos) { return "the device is gone"; };
  home_.run_for(10s);
  EXPECT_EQ(home_.report.observed, Qos::off);
}

TEST_F(ALine, ThatRestsWhenTheDaemonIsToEndIsNotWaitedFor) {
  full(12s, 1000);
  ASSERT_EQ(look(), LineLook::openings);
  home_.traffic(flow_key("192.168.1.5", 40'000, "203.0.113.9", 3478), 0, 0);
  home_.switch_time = 2min;
  home_.send(SetMode{.mode = Mode::on});
  home_.run_for(100ms);
  home_.send(StopRequested{});
  home_.run_for(2min);
  EXPECT_TRUE(home_.engine().finished());
}

TEST_F(ALine, IsLetAloneAtTheStop) {
  home_.send(StopRequested{});
  EXPECT_EQ(look(), LineLook::off);
}

TEST(ALineThatIsConfigured, NeedsNoRates) {
  Settings settings = quick();
  settings.qos.tc.upload_is_auto = settings.qos.tc.download_is_auto = false;
  settings.qos.tc.upload_kbit = 900;
  EXPECT_TRUE(Simulation(settings, takes_rates).all<UseRates>().empty());
  EXPECT_TRUE(Simulation(quick()).all<UseRates>().empty()) << "another actuator";
}

TEST(ALineOfAnEarlierRun, IsUsedFromTheFirstStepOn) {
  Engine engine(quick(), std::make_unique<PlainDetector>(), takes_rates);
  LineState kept;
  kept.up.kbit = 950;
  kept.up.learnt = at(0s);
  engine.restore(kept);
  const auto actions = engine.step(at(1s), DeadlineReached{});
  const auto place = [&](auto is) { return std::find_if(actions.begin(), actions.end(), is) - actions.begin(); };
  const auto uses = place([](const Action& action) { return std::holds_alternative<UseRates>(action); });
  const auto looks = place([](const Action& action) { return std::holds_alternative<ObserveQos>(action); });
  ASSERT_LT(uses, static_cast<std::ptrdiff_t>(actions.size()));
  EXPECT_LT(uses, looks) << "what is there is seen with the rates in use";
  EXPECT_EQ(std::get<UseRates>(actions[static_cast<std::size_t>(uses)]).rates.upload_kbit, 950U);
}

}  // namespace
}  // namespace voip
