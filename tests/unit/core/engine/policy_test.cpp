#include "core/engine/policy.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

TEST(Policy, TheReleaseDelayCountsFromWhenTheCallWasLastHeard) {
  Policy policy({.release_after = 10s, .min_on = 1s});
  policy.set_calls(1, Instant(0s));
  ASSERT_TRUE(policy.decide(Instant(0s)).wanted);
  // A detector that needs four seconds of silence to be sure says so at 24 s.
  policy.set_calls(0, Instant(20s));
  EXPECT_EQ(policy.decide(Instant(24s)), (Decision{.wanted = true, .reason = Reason::release}));
  EXPECT_EQ(policy.deadline(), Instant(30s));
  EXPECT_EQ(policy.decide(Instant(30s)), (Decision{.wanted = false, .reason = Reason::idle}));
}

TEST(Policy, ADelayShorterThanTheDetectorsDoubtEndsWithIt) {
  Policy policy({.release_after = 2s, .min_on = 1s});
  policy.set_calls(1, Instant(0s));
  ASSERT_TRUE(policy.decide(Instant(0s)).wanted);
  policy.set_calls(0, Instant(20s));
  EXPECT_FALSE(policy.decide(Instant(24s)).wanted);
}

}  // namespace
}  // namespace voip
