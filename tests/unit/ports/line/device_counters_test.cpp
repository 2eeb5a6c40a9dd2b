#include "ports/line/device_counters.h"

#include <gtest/gtest.h>

#include <string>

namespace voip {
namespace {

const std::string listing =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
    "    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n"
    "  wan: 18446744073709551615 200 0 0 0 0 0 0 3000 30 0 0 0 0 0 0\n"
    "wan.7: 70 7 0 0 0 0 0 0 80 8 0 0 0 0 0 0\n"
    "eth0:1: 90 9 0 0 0 0 0 0 100 10 0 0 0 0 0 0\n";

TEST(DeviceCounters, AreFoundByTheWholeName) {
  const auto wan = parse_device_counters(listing, "wan");
  ASSERT_TRUE(wan);
  EXPECT_EQ(wan->received.bytes, 18'446'744'073'709'551'615U);
  EXPECT_EQ(wan->received.packets, 200U);
  EXPECT_EQ(wan->sent.bytes, 3000U);
  EXPECT_EQ(wan->sent.packets, 30U);
  EXPECT_EQ(parse_device_counters(listing, "wan.7")->sent.packets, 8U);
  EXPECT_EQ(parse_device_counters(listing, "eth0:1")->sent.bytes, 100U);
  EXPECT_FALSE(parse_device_counters(listing, "wa"));
  EXPECT_FALSE(parse_device_counters(listing, ""));
  EXPECT_FALSE(parse_device_counters("", "wan"));
}

TEST(DeviceCounters, ALineThatIsCutIsNone) {
  const std::string line = "wan: 1 2 3 4 5 6 7 8 9 10";
  EXPECT_TRUE(parse_device_counters(line, "wan"));
  for (std::size_t length = 0; length + 2 < line.size(); ++length) {
    EXPECT_FALSE(parse_device_counters(line.substr(0, length), "wan")) << length;
  }
  EXPECT_FALSE(parse_device_counters("wan: 1 2 3 4 5 6 7 8 9 99999999999999999999999", "wan"));
}

TEST(DeviceCounters, OfThisMachineAreRead) {
  EXPECT_TRUE(read_device_counters("lo"));
  const auto gone = read_device_counters("gone0");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error(), "count what passes gone0: /proc/net/dev does not list it");
}

}  // namespace
}  // namespace voip
