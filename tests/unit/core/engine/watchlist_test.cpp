#include "core/engine/watchlist.h"

#include <gtest/gtest.h>

#include <map>

namespace voip {
namespace {

// Asks for readings as the engine does, and answers each with what is thought of the flow.
class WatchlistTest : public testing::Test {
 protected:
  WatchlistTest() { list_.take_listing(now_); }

  void add(FlowSlot slot, Interest interest) {
    list_.add(slot, IpAddress(), true, now_);
    interests_[slot] = interest;
  }
  void think(FlowSlot slot, Interest interest) { interests_[slot] = interest; }

  // How often each flow is read until then.
  std::map<FlowSlot, int> readings_for(Duration duration) {
    std::map<FlowSlot, int> readings;
    const Instant end = now_ + duration;
    while (list_.deadline() && *list_.deadline() <= end) {
      now_ = *list_.deadline();
      list_.take_listing(now_);
      const auto due = list_.take_due(now_);
      most_at_once_ = std::max(most_at_once_, due.size());
      total_ += static_cast<int>(due.size());
      for (const FlowSlot slot : std::vector<FlowSlot>(due.begin(), due.end())) {
        ++readings[slot];
        list_.set_interest(slot, interests_.at(slot), now_);
      }
    }
    now_ = end;
    return readings;
  }

  Watchlist list_{MonitorSettings{}};
  std::map<FlowSlot, Interest> interests_;
  Instant now_ = Instant(1h);
  std::size_t most_at_once_ = 0;
  int total_ = 0;
};

TEST_F(WatchlistTest, ReadsAYoungFlowFastWhateverItLooksLike) {
  add(0, Interest::dismissed);
  add(1, Interest::quiet);
  auto readings = readings_for(3s);
  EXPECT_EQ(readings[0], 12);
  EXPECT_EQ(readings[1], 12);
}

TEST_F(WatchlistTest, ReadsWhatIsUndecidedFastAndACallAtTheInterval) {
  add(0, Interest::undecided);
  add(1, Interest::promising);
  add(2, Interest::in_call);
  readings_for(3s);
  auto readings = readings_for(20s);
  EXPECT_EQ(readings[0], 80);
  EXPECT_EQ(readings[1], 80);
  EXPECT_EQ(readings[2], 20);
}

TEST_F(WatchlistTest, AReadingIsLaterThanNowHoweverShortTheInterval) {
  MonitorSettings hasty;
  hasty.interval = hasty.fast_interval = 1ms;
  Watchlist list(hasty);
  list.take_listing(now_);
  list.add(0, IpAddress(), true, now_);
  EXPECT_GT(*list.deadline(), now_);
  list.take_due(*list.deadline());
  list.set_interest(0, Interest::in_call, *list.deadline());
  EXPECT_GT(*list.deadline(), now_);
}

TEST_F(WatchlistTest, BacksOffFromWhatIsNoMedia) {
  add(0, Interest::dismissed);
  add(1, Interest::quiet);
  readings_for(4s);
  auto readings = readings_for(60s);
  EXPECT_LE(readings[0], 17) << "once in 4 s";
  EXPECT_LE(readings[1], 45) << "once a second, and later once in 2 s";
  EXPECT_GE(readings[1], 30);
}

TEST_F(WatchlistTest, ReturnsToAFlowThatBecomesInteresting) {
  add(0, Interest::dismissed);
  readings_for(30s);
  think(0, Interest::undecided);
  readings_for(4s);
  EXPECT_EQ(readings_for(10s)[0], 40);
}

TEST_F(WatchlistTest, AFloodOfFlowsIsReadInTurnsAndCostsABoundedAmount) {
  for (FlowSlot slot = 0; slot < 400; ++slot) {
    add(slot, Interest::undecided);
  }
  const auto readings = readings_for(30s);
  EXPECT_LE(most_at_once_, 40U);
  EXPECT_LE(total_, 1280 + 64 * 31);
  ASSERT_EQ(readings.size(), 400U);
  const auto [least, most] =
      std::minmax_element(readings.begin(), readings.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  EXPECT_GE(least->second, 7);
  EXPECT_LE(most->second, 9);
  total_ = 0;
  readings_for(60s);
  EXPECT_LE(total_, 64 * 61) << "what lasts costs less than what has just come";
}

TEST_F(WatchlistTest, CallsAndWhatIsOnItsWayToOneAreReadInTimeInAFlood) {
  for (FlowSlot slot = 0; slot < 400; ++slot) {
    add(slot, Interest::undecided);
  }
  add(400, Interest::promising);
  add(401, Interest::in_call);
  readings_for(6s);
  auto readings = readings_for(20s);
  EXPECT_EQ(readings[400], 80);
  EXPECT_EQ(readings[401], 20);
}

TEST_F(WatchlistTest, AYoungFlowComesBeforeOlderOnesInAFlood) {
  for (FlowSlot slot = 0; slot < 500; ++slot) {
    add(slot, Interest::undecided);
  }
  readings_for(60s);
  add(500, Interest::undecided);
  EXPECT_GE(readings_for(3s)[500], 11);
  EXPECT_LE(readings_for(10s)[500], 10) << "and then waits for its turn as they do";
}

TEST_F(WatchlistTest, NobodyWaitsForEverBehindYoungFlows) {
  add(500, Interest::dismissed);
  add(501, Interest::undecided);
  readings_for(10s);
  std::map<FlowSlot, int> readings;
  for (int second = 0; second < 150; ++second) {  // a hundred new flows every second, each of which lives for four
    for (FlowSlot slot = 0; slot < 100; ++slot) {
      const FlowSlot reused = static_cast<FlowSlot>(second % 4) * 100 + slot;
      if (second >= 4) {
        list_.remove(reused);
      }
      add(reused, Interest::undecided);
    }
    for (const auto& [slot, count] : readings_for(1s)) {
      readings[slot] += count;
    }
  }
  EXPECT_GE(readings[500], 2);
  EXPECT_GE(readings[501], 4);
}

TEST_F(WatchlistTest, EverythingIsReadAtOnceWhereACallIsEveryFlow) {
  for (FlowSlot slot = 0; slot < 300; ++slot) {
    add(slot, Interest::in_call);
  }
  readings_for(20s);
  total_ = 0;
  readings_for(10s);
  EXPECT_EQ(most_at_once_, 256U);
  EXPECT_GE(total_, 10 * 256);
}

TEST_F(WatchlistTest, WithoutFlowsNothingIsDueButTheListing) {
  EXPECT_EQ(list_.deadline(), now_ + MonitorSettings{}.audit_interval);
  add(0, Interest::undecided);
  EXPECT_LT(*list_.deadline(), now_ + 1s);
  list_.remove(0);
  EXPECT_EQ(list_.deadline(), now_ + MonitorSettings{}.audit_interval);
}

TEST_F(WatchlistTest, WhatWasDismissedOrIsQuietForLongIsDispensable) {
  add(0, Interest::undecided);
  add(1, Interest::in_call);
  readings_for(1s);
  add(2, Interest::dismissed);
  readings_for(1s);
  add(3, Interest::dismissed);
  readings_for(5s);
  add(4, Interest::quiet);
  const auto dispensable = [this] {
    std::vector<FlowSlot> slots;
    for (FlowSlot slot = 0; slot <= 4; ++slot) {
      if (list_.is_dispensable(slot, now_)) {
        slots.push_back(slot);
      }
    }
    return slots;
  };
  EXPECT_EQ(dispensable(), (std::vector<FlowSlot>{2, 3}));
  readings_for(5s);
  EXPECT_EQ(dispensable(), (std::vector<FlowSlot>{2, 3, 4}));
}

TEST_F(WatchlistTest, ListsAfterMissedBirthsMoreSeldomTheLongerItGoesOn) {
  std::map<Duration, int> listings;  // in each minute of a storm
  Instant last = now_;
  Duration longest_early{};
  for (const Instant begin = now_; now_ - begin < 20min; now_ += 100ms) {
    list_.births_missed(now_);
    if (list_.take_listing(now_)) {
      ++listings[(now_ - begin) / 1min * Duration(1min)];
      if (now_ - begin < 15s) {
        longest_early = std::max(longest_early, now_ - last);
      }
      last = now_;
    }
  }
  EXPECT_LE(longest_early, 2s);
  EXPECT_LE(listings[0min], 30);
  EXPECT_LE(listings[5min], 2);
  EXPECT_EQ(listings[19min], 1);
  now_ += 3min;
  EXPECT_TRUE(list_.take_listing(now_)) << "the one that the end of the storm was owed";
  list_.births_missed(now_);
  EXPECT_FALSE(list_.take_listing(now_));
  EXPECT_TRUE(list_.take_listing(now_ + 1s)) << "a new storm";
}

}  // namespace
}  // namespace voip
