#include "ports/mqtt/payload/packets.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace voip {
namespace {

constexpr std::size_t longest = 1000;

std::string packet(unsigned char first, std::size_t length) {
  std::string text(1, static_cast<char>(first));
  for (std::size_t rest = length; rest > 0 || text.size() == 1; rest /= 128) {
    text += static_cast<char>(rest % 128 + (rest >= 128 ? 128 : 0));
  }
  return text + std::string(length, '\x34');  // what would be a QoS 2 message, were it a header
}
std::string frame(unsigned char first, const std::string& content) {
  std::string text(1, static_cast<char>(first));
  text += static_cast<char>(content.size() < 126 ? content.size() : 126);
  if (content.size() >= 126) {
    text += static_cast<char>(content.size() / 256);
    text += static_cast<char>(content.size() % 256);
  }
  return text + content;
}

// The first bad packet, with the stream in parts of that size.
std::optional<BadPacket> first_bad(const std::string& stream, std::size_t part) {
  IncomingPackets packets(longest);
  std::optional<BadPacket> bad;
  for (std::size_t at = 0; at < stream.size() && !bad; at += part) {
    bad = packets.look_at(std::string_view(stream).substr(at, part));
  }
  return bad;
}
void expect(const std::string& stream, std::optional<PacketFault> fault, std::uint64_t bytes = 0) {
  for (const std::size_t part : {1, 2, 3, 7, 64, 100'000}) {
    const auto bad = first_bad(stream, part);
    ASSERT_EQ(bad.has_value(), fault.has_value()) << part;
    if (bad) {
      EXPECT_EQ(bad->fault, *fault) << part;
      EXPECT_EQ(bad->bytes, bytes) << part;
    }
  }
}

const std::string connack("\x20\x03\x00\x00\x00", 5);
const std::string greeting = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

TEST(IncomingPackets, PassesWhatIsAllowed) {
  expect(connack + packet(0x32, 200) + packet(0x30, 0) + packet(0xd0, 0) + packet(0x33, longest - 3) + packet(0x40, 2),
         std::nullopt);
}

TEST(IncomingPackets, StopsAtOneThatIsTooLong) {
  expect(connack + packet(0x32, 200) + packet(0x30, longest - 2), PacketFault::too_long, longest + 1);
  expect(packet(0x20, 2000), PacketFault::too_long, 2003);  // of any type, the first too
}

TEST(IncomingPackets, StopsBeforeAnyOfItsContentIsThere) {
  IncomingPackets packets(longest);
  EXPECT_FALSE(packets.look_at(connack));
  const auto bad = packets.look_at(std::string("\x30\xff\xff\xff\x7f"));
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->bytes, 268'435'460U);
  EXPECT_TRUE(bad->is_topic_next);
}

TEST(IncomingPackets, StopsAtALengthThatNeverEnds) {
  expect(std::string("\x30\xff\xff\xff\xff\xff\xff"), PacketFault::too_long, 268'435'460U);
}

TEST(IncomingPackets, StopsAtAMessageThatNobodyAskedFor) {
  expect(connack + packet(0x34, 10), PacketFault::too_high_qos);
  expect(connack + packet(0x3d, 10), PacketFault::too_high_qos);
  expect(connack + packet(0x62, 2) + packet(0x50, 2), std::nullopt);  // no message
}

TEST(IncomingPackets, LooksIntoFramesOfWebSocket) {
  const std::string all = connack + packet(0x32, 900) + packet(0x32, 10);
  expect(greeting + frame(0x82, all) + frame(0x89, "ping") + frame(0x82, packet(0x32, 300)), std::nullopt);
  expect(greeting + frame(0x02, all.substr(0, 500)) + frame(0x89, "") + frame(0x00, all.substr(500, 300)) +
             frame(0x80, all.substr(800)),
         std::nullopt);
  expect(greeting + frame(0x82, connack) + frame(0x82, packet(0x34, 5)), PacketFault::too_high_qos);
  expect(greeting + frame(0x82, packet(0x30, 1500)), PacketFault::too_long, 1503);
}

TEST(IncomingPackets, BoundsWhatWebSocketPutsTogether) {
  expect(greeting + std::string("\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00", 10), PacketFault::too_long, 0x1'0000'0000U);
  const std::string part = frame(0x00, packet(0x30, 597));  // 600 bytes each
  std::string endless = greeting + frame(0x02, packet(0x30, 597));
  for (int i = 0; i < 10; ++i) {
    endless += frame(0x89, "x") + part;  // what steers begins nothing anew
  }
  expect(endless, PacketFault::too_long, 4200);
  expect("HTTP/1.1 101 " + std::string(2000, 'x'), PacketFault::too_long, longest + 1);
  expect(greeting + frame(0x89, std::string(126, 'x')), PacketFault::bad_frame);
  expect(greeting + std::string("\x82\x85\x01\x02\x03\x04"), PacketFault::bad_frame);  // only we may mask
}

// OpenSSL reads its records past the gate, which has what is in them. So nothing that looks like a record is one.
TEST(IncomingPackets, AreNotLetPassSinceTheyLookLikeTls) {
  expect(std::string("\x16\xff\xff\xff\x7f") + std::string(5000, 'x'), PacketFault::too_long, 268'435'460);
  expect(std::string("\x14\x00", 2) + packet(0x30, 5000), PacketFault::too_long, 5003);
}

}  // namespace
}  // namespace voip
