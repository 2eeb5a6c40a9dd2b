// The parser of rtnetlink's answers, on messages made by hand from the layout of linux/netlink.h and linux/rtnetlink.h.
#include "ports/shaping/qdiscs.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "ports/shaping/watch.h"

namespace voip {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t done = 3;
constexpr std::uint16_t error = 2;
constexpr std::uint16_t new_link = 16;
constexpr std::uint16_t new_qdisc = 36;
constexpr std::uint16_t del_qdisc = 37;
constexpr std::uint16_t new_route = 24;

template <typename T>
void put(Bytes& bytes, T value) {
  std::array<std::uint8_t, sizeof(T)> raw{};
  std::memcpy(raw.data(), &value, sizeof value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

void put_text(Bytes& bytes, std::uint16_t type, const std::string& text) {
  put<std::uint16_t>(bytes, static_cast<std::uint16_t>(4 + text.size() + 1));
  put<std::uint16_t>(bytes, type);
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.push_back(0);
  bytes.resize((bytes.size() + 3) / 4 * 4);
}

Bytes message(std::uint16_t type, const Bytes& payload, std::uint16_t flags = 2) {
  Bytes bytes;
  put<std::uint32_t>(bytes, static_cast<std::uint32_t>(16 + payload.size()));
  put(bytes, type);
  put(bytes, flags);
  put<std::uint64_t>(bytes, 0);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Bytes link_payload(int index, const std::string& name, std::uint32_t change = 0xffffffff, std::uint8_t family = 0,
                   std::uint16_t type = 1) {
  Bytes bytes{family, 0};
  put(bytes, type);
  put<std::int32_t>(bytes, index);
  put<std::uint32_t>(bytes, 0x1043);
  put(bytes, change);
  put_text(bytes, 13, "some other attribute");
  put_text(bytes, 3, name);
  return bytes;
}

// Its MTU, and that it is a VLAN on the device with index 3 and a port of the bridge with index 7.
Bytes link_facts() {
  Bytes bytes;
  for (const auto& [type, value] : {std::pair<std::uint16_t, std::uint32_t>{4, 1492}, {5, 3}, {10, 7}}) {
    put<std::uint16_t>(bytes, 8);
    put(bytes, type);
    put(bytes, value);
  }
  Bytes info;
  put_text(info, 1, "vlan");
  put_text(info, 4, "bridge");
  put<std::uint16_t>(bytes, static_cast<std::uint16_t>(4 + info.size()));
  put<std::uint16_t>(bytes, 18);
  bytes.insert(bytes.end(), info.begin(), info.end());
  return bytes;
}

Bytes qdisc_payload(int index, std::uint32_t handle, std::uint32_t parent, const std::string& kind) {
  Bytes bytes{0, 0, 0, 0};
  put<std::int32_t>(bytes, index);
  put(bytes, handle);
  put(bytes, parent);
  put<std::uint32_t>(bytes, 2);
  put_text(bytes, 1, kind);
  put_text(bytes, 2, "options of the qdisc");
  return bytes;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TEST(Qdiscs, AreToldWithTheNamesOfTheirDevices) {
  LinksByIndex links;
  const DumpPart listed = take_links(
      message(new_link, link_payload(2, "wan", 0xffffffff, 0, 512) + link_facts()) + message(new_link, link_payload(7, "br-lan")),
      links);
  EXPECT_FALSE(listed.is_last);
  EXPECT_EQ(links, (LinksByIndex{{2, {.link = {.name = "wan", .mtu = 1492, .header = 0}, .bridge_index = 7, .lower_index = 3}},
                                 {7, {.link = {.name = "br-lan", .mtu = 1500, .header = 14}}}}));

  std::vector<Qdisc> qdiscs;
  const DumpPart part =
      take_qdiscs(message(new_qdisc, qdisc_payload(2, 0xca10000, 0xffffffff, "htb")) +
                      message(new_qdisc, qdisc_payload(9, 0x10000, 0xffffffff, "hfsc")) +
                      message(new_qdisc, qdisc_payload(7, 0xffff0000, 0xfffffff1, "clsact")) + message(done, {0, 0, 0, 0}),
                  links, qdiscs);
  EXPECT_TRUE(part.is_last);
  EXPECT_EQ(part.error, 0);
  ASSERT_EQ(qdiscs.size(), 2U) << "device 9 has no name";
  EXPECT_EQ(qdiscs[0].device, "wan");
  EXPECT_EQ(qdiscs[0].kind, "htb");
  EXPECT_EQ(qdiscs[0].handle, 0xca10000U);
  EXPECT_EQ(qdiscs[0].parent, 0xffffffffU);
  EXPECT_EQ(qdiscs[1].device, "br-lan");
  EXPECT_EQ(qdiscs[1].kind, "clsact");
}

TEST(Qdiscs, OfAPfifoTheLimitIsTold) {
  const LinksByIndex links{{2, {.link = {.name = "wan"}}}};
  Bytes plain = qdisc_payload(2, 0xca1e0000, 0xca100f0, "pfifo");
  plain.resize(plain.size() - 28);  // without its options
  Bytes with_limit = plain;
  put<std::uint16_t>(with_limit, 8);
  put<std::uint16_t>(with_limit, 2);
  put<std::uint32_t>(with_limit, 654'321);
  std::vector<Qdisc> qdiscs;
  take_qdiscs(message(new_qdisc, with_limit) + message(new_qdisc, plain) +
                  message(new_qdisc, qdisc_payload(2, 0xca10000, 0xffffffff, "htb")),
              links, qdiscs);
  ASSERT_EQ(qdiscs.size(), 3U);
  EXPECT_EQ(qdiscs[0].limit, 654'321U);
  EXPECT_EQ(qdiscs[1].limit, 0U) << "not told";
  EXPECT_EQ(qdiscs[2].limit, 0U) << "of another kind";
}

TEST(Qdiscs, ErrorsAndInterruptionsAreTold) {
  LinksByIndex links;
  Bytes code;
  put<std::int32_t>(code, -1);
  const DumpPart refused = take_links(message(error, code), links);
  EXPECT_TRUE(refused.is_last);
  EXPECT_EQ(refused.error, 1);
  EXPECT_NE(take_links(message(error, {}), links).error, 0);
  EXPECT_TRUE(take_links(message(new_link, link_payload(2, "wan"), 2 | 16), links).is_interrupted);
}

TEST(Qdiscs, OnlyWhatMattersTouchesShaping) {
  EXPECT_TRUE(touches_shaping(message(del_qdisc, qdisc_payload(2, 0xca10000, 0xffffffff, "htb"))));
  EXPECT_TRUE(touches_shaping(message(new_link, link_payload(2, "wan", 1))));
  EXPECT_FALSE(touches_shaping(message(new_link, link_payload(2, "wlan0", 0)))) << "a wireless event";
  EXPECT_FALSE(touches_shaping(message(new_link, link_payload(2, "lan1", 1, 7)))) << "a port of a bridge";
  EXPECT_FALSE(touches_shaping(message(new_route, {1, 2, 3, 4})));
  EXPECT_FALSE(touches_shaping({}));
}

TEST(Qdiscs, OnlyRulesThatAreGoneTouchRules) {
  constexpr std::uint16_t nftables = 10 << 8;
  constexpr std::uint16_t new_table = nftables | 0;
  constexpr std::uint16_t del_table = nftables | 2;
  constexpr std::uint16_t del_rule = nftables | 8;
  const Bytes of_some_table{1, 0, 0, 0};
  EXPECT_TRUE(touches_rules(message(del_table, of_some_table)));
  EXPECT_TRUE(touches_rules(message(new_table, of_some_table) + message(del_rule, of_some_table)));
  EXPECT_FALSE(touches_rules(message(new_table, of_some_table)));
  EXPECT_FALSE(touches_rules(message(del_qdisc, of_some_table)));
  EXPECT_FALSE(touches_rules({}));
}

TEST(Qdiscs, SurvivesMessagesCutAnywhereAndBytesThatLie) {
  const Bytes whole = message(new_qdisc, qdisc_payload(2, 1, 2, "htb")) + message(new_link, link_payload(2, "wan")) +
                      message(error, {1, 2}) + message(done, {});
  LinksByIndex links{{2, {.link = {.name = "wan"}}}};
  std::vector<Qdisc> qdiscs;
  const auto take_all = [&](const Bytes& bytes) {
    take_links(bytes, links);
    take_qdiscs(bytes, links, qdiscs);
    touches_shaping(bytes);
    touches_rules(bytes);
  };
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    take_all(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
  }
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes each time
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = whole;
    for (int flips = 0; flips < 3; ++flips) {
      bytes.at(random() % bytes.size()) = static_cast<std::uint8_t>(random());
    }
    take_all(bytes);
  }
  EXPECT_LE(qdiscs.size(), 4096U) << "bounded";
  EXPECT_LE(links.size(), 4096U);
}

}  // namespace
}  // namespace voip
