#include "ports/conntrack/messages.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <random>

#include "conntrack_message_writer.h"

namespace voip {
namespace {

using test::Message;

// A DNAT'ed flow with everything that the reader takes, and attributes that it doesn't know.
Message full_entry() {
  return test::make_message(test::new_entry, AF_INET, 7, [](Message& message) {
    test::put_tuple(message, 1, "198.51.100.10", 10012, "192.0.2.2", 10004, protocol_udp);
    test::put_tuple(message, 2, "192.168.1.10", 10004, "198.51.100.10", 10012, protocol_udp);
    test::put_number(message, 3, 0xc001, 4);        // CTA_STATUS: expected, offload, hardware offload
    test::put_number(message, 7, 120, 4);           // CTA_TIMEOUT
    test::put_number(message, 8, 0x01ab0033, 4);    // CTA_MARK
    test::put_nest(message, 9, [](Message& nest) {  // CTA_COUNTERS_ORIG
      test::put_number(nest, 1, 150, 8);
      test::put_number(nest, 2, 30'000, 8);
    });
    test::put_nest(message, 10, [](Message& nest) {
      test::put_number(nest, 1, 1, 8);
      test::put_number(nest, 2, 0x1'0000'0001, 8);
    });
    test::put_number(message, 12, 0xfeedbeef, 4);  // CTA_ID
    test::put_number(message, 99, 1, 4);
  });
}

std::optional<ConntrackEntry> read(const Message& message) {
  const auto first = NetlinkMessages(message).next();
  return first ? read_entry(*first) : std::nullopt;
}

TEST(ConntrackMessages, ReadsAWholeEntry) {
  const auto message = full_entry();
  const auto first = NetlinkMessages(message).next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence, 7U);
  EXPECT_EQ(kind_of(*first), ConntrackMessage::entry);
  const auto entry = read_entry(*first);
  ASSERT_TRUE(entry);
  EXPECT_EQ(to_string(entry->original_source), "198.51.100.10:10012");
  EXPECT_EQ(to_string(entry->original_destination), "192.0.2.2:10004");
  EXPECT_EQ(to_string(entry->reply_source), "192.168.1.10:10004");
  EXPECT_EQ(to_string(entry->reply_destination), "198.51.100.10:10012");
  EXPECT_EQ(entry->protocol, protocol_udp);
  EXPECT_EQ(entry->id, 0xfeedbeefU);
  EXPECT_EQ(entry->mark, 0x01ab0033U);
  EXPECT_TRUE(entry->is_expected);
  EXPECT_TRUE(entry->is_offloaded);
  EXPECT_TRUE(entry->is_hw_offloaded);
  EXPECT_EQ(entry->original, (Counters{150, 30'000}));
  EXPECT_EQ(entry->reply, (Counters{1, 0x1'0000'0001}));
}

TEST(ConntrackMessages, ASampleCountsUpWhatTheClientSent) {
  const auto entry = read(full_entry());
  ASSERT_TRUE(entry);
  const FlowKey phone{entry->reply_source, entry->reply_destination, protocol_udp};
  const FlowSample opened_outside = sample_of(*entry, phone);
  EXPECT_EQ(opened_outside.up, (Counters{1, 0x1'0000'0001}));
  EXPECT_EQ(opened_outside.down, (Counters{150, 30'000}));
  const FlowKey other{entry->original_source, entry->original_destination, protocol_udp};
  const FlowSample opened_inside = sample_of(*entry, other);
  EXPECT_EQ(opened_inside.up, (Counters{150, 30'000}));
  EXPECT_EQ(opened_inside.conntrack_id, 0xfeedbeefU);
  EXPECT_TRUE(opened_inside.is_hw_offloaded);
}

TEST(ConntrackMessages, AnEntryWithoutCountersHasNone) {
  const auto entry = read(test::make_message(test::new_entry, AF_INET6, 0, [](Message& message) {
    test::put_tuple(message, 1, "fd09:1::5", 40000, "2001:db8::9", 3478, protocol_udp);
    test::put_tuple(message, 2, "2001:db8::9", 3478, "fd09:1::5", 40000, protocol_udp);
  }));
  ASSERT_TRUE(entry);
  EXPECT_FALSE(entry->original);
  EXPECT_FALSE(entry->reply);
  EXPECT_FALSE(entry->is_expected);
  EXPECT_EQ(to_string(entry->original_source), "[fd09:1::5]:40000");
}

TEST(ConntrackMessages, AMasterMakesItExpected) {
  const auto entry = read(test::make_message(test::new_entry, AF_INET, 0, [](Message& message) {
    test::put_tuple(message, 1, "10.0.0.5", 40000, "203.0.113.9", 3478, protocol_udp);
    test::put_tuple(message, 2, "203.0.113.9", 3478, "10.0.0.5", 40000, protocol_udp);
    test::put_tuple(message, 14, "10.0.0.5", 5060, "203.0.113.9", 5060, protocol_udp);  // CTA_TUPLE_MASTER
  }));
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->is_expected);
}

TEST(ConntrackMessages, HalfAnEntryIsNone) {
  EXPECT_FALSE(read(test::make_message(test::new_entry, AF_INET, 0, [](Message& message) {
    test::put_tuple(message, 1, "10.0.0.5", 40000, "203.0.113.9", 3478, protocol_udp);
  })));
  EXPECT_FALSE(read(test::make_message(test::new_entry, AF_INET, 0, [](Message&) {})));
  // An IPv6 source of four bytes.
  EXPECT_FALSE(read(test::make_message(test::new_entry, AF_INET6, 0, [](Message& message) {
    for (const std::uint16_t tuple : {std::uint16_t{1}, std::uint16_t{2}}) {
      test::put_nest(message, tuple, [](Message& nest) {
        test::put_nest(nest, 1, [](Message& ip) {
          test::put_number(ip, 3, 0x0a000001, 4);
          test::put_number(ip, 4, 0x0a000002, 4);
        });
      });
    }
  })));
}

TEST(ConntrackMessages, EveryCutIsSurvived) {
  const auto whole = full_entry();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    // A buffer of just that size, so that a sanitizer sees one byte too far; the header says the old length, then the new one.
    Message cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(read(cut));
    if (length >= sizeof(nlmsghdr)) {
      const auto said = static_cast<std::uint32_t>(length);
      std::memcpy(cut.data(), &said, sizeof said);
      if (const auto entry = read(cut)) {
        EXPECT_EQ(entry->reply_source.port, 10004);
      }
    }
  }
}

TEST(ConntrackMessages, RandomDamageIsSurvived) {
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same damage each time, on purpose
  const auto whole = full_entry();
  int read_anyway = 0;
  for (int round = 0; round < 20'000; ++round) {
    Message damaged = whole;
    for (int change = 0; change < 4; ++change) {
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    }
    NetlinkMessages messages(damaged);
    while (const auto message = messages.next()) {
      read_anyway += read_entry(*message) ? 1 : 0;
      EXPECT_GE(read_error(*message), 0);
    }
  }
  EXPECT_GT(read_anyway, 0);
}

TEST(ConntrackMessages, NoiseIsSurvived) {
  std::mt19937 random(2);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  for (int round = 0; round < 20'000; ++round) {
    Message noise(random() % 200);
    for (auto& byte : noise) {
      byte = static_cast<std::uint8_t>(random());
    }
    if (noise.size() >= sizeof(nlmsghdr)) {
      const auto length = static_cast<std::uint32_t>(noise.size());
      std::memcpy(noise.data(), &length, sizeof length);
    }
    EXPECT_FALSE(read(noise));
  }
}

TEST(ConntrackMessages, ReadsSeveralInOneBuffer) {
  Message buffer = full_entry();
  const auto second = test::make_message(NLMSG_ERROR, 0, 8, [](Message&) {});
  buffer.insert(buffer.end(), second.begin(), second.end());
  NetlinkMessages messages(buffer);
  EXPECT_EQ(messages.next()->sequence, 7U);
  const auto error = messages.next();
  ASSERT_TRUE(error);
  EXPECT_EQ(kind_of(*error), ConntrackMessage::error);
  EXPECT_EQ(read_error(*error), 0);
  EXPECT_FALSE(messages.next());
}

// What a request says, read back attribute by attribute.
std::vector<std::uint16_t> attribute_types(Bytes attributes) {
  std::vector<std::uint16_t> types;
  NetlinkAttributes walk(attributes);
  while (const auto attribute = walk.next()) {
    types.push_back(attribute->type);
  }
  return types;
}

TEST(ConntrackMessages, AGetNamesTheTupleAlone) {
  ConntrackRequests requests;
  const FlowKey key{{*IpAddress::parse("192.168.1.5"), 0x1234}, {*IpAddress::parse("203.0.113.9"), 3478}, protocol_udp};
  requests.add_get(key, 42);
  NetlinkMessages messages(requests.bytes());
  const auto message = messages.next();
  ASSERT_TRUE(message);
  EXPECT_FALSE(messages.next());
  EXPECT_EQ(message->type, 0x101);
  EXPECT_EQ(message->flags, NLM_F_REQUEST);
  EXPECT_EQ(message->sequence, 42U);
  ASSERT_GE(message->payload.size(), 4U);
  EXPECT_EQ(message->payload[0], AF_INET);
  EXPECT_EQ(attribute_types(message->payload.subspan(4)), (std::vector<std::uint16_t>{1}));
  const auto tuple = NetlinkAttributes(message->payload.subspan(4)).next()->payload;
  const auto addresses = NetlinkAttributes(tuple).next()->payload;
  EXPECT_EQ(read_be32(NetlinkAttributes(addresses).next()->payload), 0xc0a80105U);
}

TEST(ConntrackMessages, AMarkUpdateCarriesItsMaskAndCreatesNothing) {
  ConntrackRequests requests;
  const FlowKey key{{*IpAddress::parse("fd09::5"), 40000}, {*IpAddress::parse("2001:db8::9"), 3478}, protocol_udp};
  requests.add_mark(key, 0x01000000, 0x01000000, 0);
  const auto message = NetlinkMessages(requests.bytes()).next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, 0x100);
  EXPECT_EQ(message->flags, NLM_F_REQUEST);
  EXPECT_EQ(message->payload[0], AF_INET6);
  EXPECT_EQ(attribute_types(message->payload.subspan(4)), (std::vector<std::uint16_t>{1, 8, 21}));
}

TEST(ConntrackMessages, AFullBatchOfTheLongestRequestsFits) {
  ConntrackRequests requests;
  const FlowKey key{{*IpAddress::parse("fd09::5"), 40000}, {*IpAddress::parse("2001:db8::9"), 3478}, protocol_udp};
  for (std::uint32_t i = 0; i < ConntrackRequests::most; ++i) {
    requests.add_mark(key, 1, 1, i);
  }
  NetlinkMessages messages(requests.bytes());
  std::uint32_t read_back = 0;
  while (const auto message = messages.next()) {
    EXPECT_EQ(message->sequence, read_back++);
  }
  EXPECT_EQ(read_back, ConntrackRequests::most);
  requests.clear();
  EXPECT_TRUE(requests.bytes().empty());
}

}  // namespace
}  // namespace voip
