#include "ports/shaping/far_ends.h"

#include <gtest/gtest.h>

#include "unit/simulation.h"

namespace voip {
namespace {

const FlowKey media = flow_key("192.168.1.30", 7078, "203.0.113.9", 3478);
const FlowKey second_media = flow_key("192.168.1.30", 7080, "203.0.113.10", 3478);
const FlowKey elsewhere = flow_key("192.168.1.31", 7080, "198.51.100.7", 4000);

Call call_with(const FlowKey& flow) {
  Call call;
  call.first_flow = flow;
  return call;
}

std::vector<IpAddress> addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> all;
  for (const std::string& text : texts) {
    all.push_back(*IpAddress::parse(text));
  }
  return all;
}

TEST(FarEnds, AreThoseOfTheMediaFlowsEachOnce) {
  FarEnds ends;
  EXPECT_TRUE(ends.take(MarkFlow{media, true}));
  EXPECT_FALSE(ends.take(CallStarted{call_with(media)}));
  EXPECT_FALSE(ends.take(MarkFlow{media, true})) << "repaired marks are told again";
  EXPECT_TRUE(ends.take(MarkFlow{second_media, true}));
  EXPECT_EQ(ends.present(), addresses({"203.0.113.9", "203.0.113.10"}));
  EXPECT_FALSE(ends.take(MarkFlow{second_media, false}));
  EXPECT_EQ(ends.present(), addresses({"203.0.113.9"}));
  EXPECT_EQ(ends.past(), addresses({"203.0.113.10"}));
}

TEST(FarEnds, AFlowThatTheKernelForgotGoesWithItsCall) {
  FarEnds ends;
  ends.take(CallStarted{call_with(media)});
  ends.take(MarkFlow{second_media, true});
  ends.take(CallStarted{call_with(elsewhere)});
  ends.take(CallEnded{call_with(media)});
  EXPECT_EQ(ends.present(), addresses({"198.51.100.7"}));
  EXPECT_EQ(ends.past(), addresses({"203.0.113.9", "203.0.113.10"}));
  EXPECT_TRUE(ends.take(MarkFlow{media, true})) << "the next call to the same";
  EXPECT_EQ(ends.past(), addresses({"203.0.113.10"}));
  ends.forget_past();
  EXPECT_TRUE(ends.past().empty());
}

TEST(FarEnds, AreBounded) {
  FarEnds ends;
  for (std::uint16_t port = 1; port < 1000; ++port) {
    ends.take(MarkFlow{flow_key("192.168.1.30", port, "203.0.113." + std::to_string(port % 256), port), true});
  }
  EXPECT_LE(ends.present().size(), 64U);
  for (std::uint16_t port = 1; port < 1000; ++port) {
    ends.take(MarkFlow{flow_key("192.168.1.30", port, "203.0.113." + std::to_string(port % 256), port), false});
  }
  EXPECT_TRUE(ends.present().empty());
  EXPECT_LE(ends.past().size(), 64U);
}

}  // namespace
}  // namespace voip
