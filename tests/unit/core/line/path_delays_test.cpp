#include "core/line/path_delays.h"

#include <gtest/gtest.h>

#include <array>

#include "unit/simulation.h"

namespace voip {
namespace {

IpPrefix network(std::uint8_t number) {
  return {IpAddress::from_bytes(std::array<std::uint8_t, 4>{198, 51, number, 0}), 24};
}

TEST(PathDelays, TheShortestOfEachNetworkIsKept) {
  PathDelays paths;
  EXPECT_FALSE(paths.of(network(1), at(0s)));
  paths.seen(network(1), 60ms, at(1s));
  paths.seen(network(2), 150ms, at(1s));
  paths.seen(network(1), 50ms, at(2s));
  paths.seen(network(1), 70ms, at(3s));
  EXPECT_EQ(paths.of(network(1), at(3s)), 50ms);
  EXPECT_EQ(paths.of(network(2), at(3s)), 150ms);
}

TEST(PathDelays, WhatIsTooLongForAWayIsNotBelieved) {
  PathDelays paths;
  paths.seen(network(1), 301ms, at(1s));
  EXPECT_FALSE(paths.of(network(1), at(2s)));
}

TEST(PathDelays, AfterADayItIsMeasuredAnew) {
  PathDelays paths;
  paths.seen(network(1), 20ms, at(0s));
  paths.seen(network(1), 90ms, at(24h));
  EXPECT_EQ(paths.of(network(1), at(24h)), 20ms);
  EXPECT_FALSE(paths.of(network(1), at(25h)));
  paths.seen(network(1), 90ms, at(25h));
  EXPECT_EQ(paths.of(network(1), at(25h)), 90ms);
}

TEST(PathDelays, OfManyNetworksThoseSeenLastAreKept) {
  PathDelays paths;
  for (int i = 0; i < 100; ++i) {
    paths.seen(network(static_cast<std::uint8_t>(i)), 20ms, at(std::chrono::seconds(i)));
  }
  EXPECT_FALSE(paths.of(network(35), at(100s)));
  EXPECT_TRUE(paths.of(network(36), at(100s)));
  EXPECT_TRUE(paths.of(network(99), at(100s)));
}

}  // namespace
}  // namespace voip
