// What the engine tells of the quality of calls, and when.
#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey media = flow_key("192.168.1.5", 40'000, "203.0.113.9", 3478);

class QualityOfCalls : public testing::Test {
 protected:
  [[nodiscard]] std::size_t told() const { return home_.all<QualityChanged>().size(); }
  [[nodiscard]] CallQuality last() const { return home_.all<QualityChanged>().back().report.quality; }

  Simulation home_;
};

TEST_F(QualityOfCalls, AreToldOnceTheyAreKnown) {
  home_.traffic(media, 50, 50);
  home_.run_for(3s);
  ASSERT_EQ(told(), 1U);
  EXPECT_EQ(last().grade, Grade::unknown);
  home_.run_for(20s);
  EXPECT_EQ(last().grade, Grade::good);
  EXPECT_EQ(last().missing_permille, 0U);
  EXPECT_EQ(home_.all<QualityChanged>().back().report.device, "192.168.1.5");
  EXPECT_LE(told(), 3U) << "what stays the same is not told again";
  EXPECT_TRUE(home_.all<CallTurnedBad>().empty());
}

TEST_F(QualityOfCalls, ThatTurnBadAreToldWithinSecondsAndOnce) {
  home_.traffic(media, 50, 50);
  home_.run_for(20s);
  home_.traffic(media, 50, 40);
  home_.run_for(10s);
  ASSERT_EQ(home_.all<CallTurnedBad>().size(), 1U);
  EXPECT_EQ(home_.all<CallTurnedBad>().back().call.quality.grade, Grade::bad);
  EXPECT_EQ(last().grade, Grade::bad);
  EXPECT_GT(last().missing_permille.value_or(0), 150U);
  home_.run_for(60s);
  EXPECT_EQ(home_.all<CallTurnedBad>().size(), 1U);
  EXPECT_LE(told(), 20U);
}

TEST_F(QualityOfCalls, ThatAreOverHaveThatOfTheWholeCall) {
  home_.traffic(media, 50, 50);
  home_.run_for(60s);
  home_.traffic(media, 0, 0);
  home_.run_for(30s);
  ASSERT_EQ(home_.all<CallEnded>().size(), 1U);
  const Call call = home_.all<CallEnded>().back().call;
  EXPECT_EQ(call.quality.grade, Grade::good) << "the silence of its end is none of it";
  EXPECT_TRUE(call.had_qos);
  EXPECT_EQ(last(), call.quality);
  const std::size_t before = told();
  home_.run_for(60s);
  EXPECT_EQ(told(), before);
}

}  // namespace
}  // namespace voip
