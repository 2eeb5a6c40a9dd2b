#include "ports/control/request.h"

#include <gtest/gtest.h>

#include <random>

namespace voip {
namespace {

SetMode order(std::string_view line) {
  const ControlRequest request = read_request(line);
  if (const auto* mode = std::get_if<SetMode>(&request)) {
    return *mode;
  }
  ADD_FAILURE() << line << " is no order";
  return {};
}

bool is_refused(std::string_view line) {
  return std::holds_alternative<RequestRefused>(read_request(line));
}

TEST(ControlRequest, StatusIsAskedForByItsWord) {
  EXPECT_TRUE(std::holds_alternative<StatusWanted>(read_request("status")));
  EXPECT_TRUE(std::holds_alternative<StatusWanted>(read_request("  status ")));
  EXPECT_EQ(std::get<StatusWanted>(read_request("status")).most_flows, std::nullopt);
  EXPECT_EQ(std::get<StatusWanted>(read_request("status 64 ")).most_flows, 64U);
  EXPECT_EQ(std::get<StatusWanted>(read_request("status 0")).most_flows, 0U);
  for (const char* wrong : {"status -1", "status 1000001", "status 64x", "status 64 64"}) {
    EXPECT_TRUE(is_refused(wrong)) << wrong;
  }
}

TEST(ControlRequest, OrdersAreOverridesThatEndByThemselves) {
  EXPECT_EQ(order("qos on").mode, Mode::on);
  EXPECT_FALSE(order("qos on").until_changed);
  EXPECT_EQ(order("qos on").time_limit, std::nullopt);
  EXPECT_EQ(order("qos off 1800000").mode, Mode::off);
  EXPECT_EQ(order("qos off 1800000").time_limit, 30min);
  EXPECT_EQ(order("qos auto").mode, Mode::automatic);
}

TEST(ControlRequest, TheTimeLimitIsBounded) {
  EXPECT_EQ(order("qos on 1000").time_limit, 1s);
  EXPECT_EQ(order("qos on 604800000").time_limit, 24h * 7);
  for (const char* limit : {"999", "0", "-5000", "604800001", "99999999999999999999999", "30m", "1e9", "5000x"}) {
    EXPECT_TRUE(is_refused("qos on " + std::string(limit))) << limit;
  }
}

TEST(ControlRequest, AnythingElseIsRefusedInWords) {
  for (const char* line :
       {"", " ", "qos", "qos maybe", "qos ON", "qos on 5000 more", "status all", "STATUS", "quit", "{\"qos\":1}", "qoson"}) {
    EXPECT_TRUE(is_refused(line)) << line;
  }
}

TEST(ControlRequest, AnyBytesHaveAnAnswer) {
  std::minstd_rand random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string line = round % 2 == 0 ? "qos " : "";
    for (auto left = random() % 40; left > 0; --left) {
      line += static_cast<char>(random() % 256);
    }
    const ControlRequest request = read_request(line);
    if (const auto* refused = std::get_if<RequestRefused>(&request)) {
      EXPECT_FALSE(refused->error.empty());
    }
  }
}

}  // namespace
}  // namespace voip
