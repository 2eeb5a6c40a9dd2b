#include "core/line/framing.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

constexpr std::uint32_t ethernet = 14;

TEST(Framing, WithoutOverheadWhatTheKernelCountsIsTaken) {
  EXPECT_EQ(line_bytes({.packets = 10, .bytes = 15'000}, {}, ethernet), 15'140U);
  EXPECT_EQ(line_bytes({.packets = 10, .bytes = 15'000}, {}, 0), 15'000U);
  EXPECT_EQ(line_bytes({}, {}, ethernet), 0U);
}

TEST(Framing, OverheadTakesThePlaceOfTheLinksHeader) {
  TcSettings line;
  line.overhead = 40;
  EXPECT_EQ(line_bytes({.packets = 10, .bytes = 15'000}, line, ethernet), 15'400U);
}

TEST(Framing, SmallPacketsTakeTheLeastThatTheLineCarries) {
  TcSettings line;
  line.overhead = 18;
  line.mpu = 64;
  EXPECT_EQ(line_bytes({.packets = 10, .bytes = 400}, line, ethernet), 640U);
}

TEST(Framing, AtmIsCountedInCells) {
  TcSettings line;
  line.overhead = 40;
  line.link_layer = LinkLayer::atm;
  // 200 and 40 bytes are five cells of 48, exactly; one more byte is a sixth.
  EXPECT_EQ(line_bytes({.packets = 1, .bytes = 200}, line, ethernet), 5 * 53U);
  EXPECT_EQ(line_bytes({.packets = 1, .bytes = 201}, line, ethernet), 6 * 53U);
  EXPECT_EQ(line_bytes({.packets = 100, .bytes = 150'000}, line, ethernet), 100 * 33 * 53U) << "1540 bytes: 32.1 cells";
}

TEST(Framing, PtmTakesEach65thByteForItself) {
  TcSettings line;
  line.link_layer = LinkLayer::ptm;
  EXPECT_EQ(line_bytes({.packets = 10, .bytes = 6400 - 140}, line, ethernet), 6500U);
}

}  // namespace
}  // namespace voip
