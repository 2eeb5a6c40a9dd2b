#include "ports/devices/parse.h"

#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#include <cstring>

namespace voip {
namespace {

const HardwareAddress phone{0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc};

HostEntry lease(const std::string& address, std::optional<HardwareAddress> hardware, std::vector<std::string> names) {
  return {*IpAddress::parse(address), hardware, std::move(names), true};
}
HostEntry host(const std::string& address, std::vector<std::string> names) {
  return {*IpAddress::parse(address), {}, std::move(names), false};
}
bool any(const HostEntry& /*entry*/) {
  return true;
}

TEST(DevicesParse, HardwareAddressesInEveryWriting) {
  EXPECT_EQ(parse_hardware_address("00:11:22:aa:bb:cc"), phone);
  EXPECT_EQ(parse_hardware_address("00:11:22:AA:BB:CC"), phone);
  EXPECT_EQ(parse_hardware_address("001122aabbcc"), phone);
  for (const char* wrong : {"", "00:11:22:aa:bb", "00:11:22:aa:bb:c", "00:11:22:aa:bb:cg", "00-11-22-aa-bb-cc",
                            "06-00:11:22:aa:bb:cc", "00:11:22:aa:bb:cc:dd", "001122aabbc", "0:1:2:3:4:5"}) {
    EXPECT_FALSE(parse_hardware_address(wrong)) << wrong;
  }
}

TEST(DevicesParse, NamesWithAndWithoutDomain) {
  EXPECT_TRUE(is_same_host("kitchen-phone", "Kitchen-Phone"));
  EXPECT_TRUE(is_same_host("kitchen-phone", "kitchen-phone.lan"));
  EXPECT_TRUE(is_same_host("kitchen-phone.lan", "kitchen-phone"));
  EXPECT_TRUE(is_same_host("kitchen-phone.lan", "KITCHEN-PHONE.LAN."));
  EXPECT_FALSE(is_same_host("kitchen-phone.lan", "kitchen-phone.guest"));
  EXPECT_FALSE(is_same_host("kitchen-phone", "kitchen-phone2"));
  EXPECT_FALSE(is_same_host("kitchen-phone", "kitchen"));
  EXPECT_FALSE(is_same_host("", ""));
  EXPECT_FALSE(is_same_host(".", "."));
  EXPECT_FALSE(is_same_host(".lan", ".lan2"));
}

TEST(DevicesParse, LeasesOfDnsmasq) {
  EXPECT_EQ(parse_host_line("1732300000 00:11:22:aa:bb:cc 192.168.1.30 phone 01:00:11:22:aa:bb:cc"),
            lease("192.168.1.30", phone, {"phone"}));
  EXPECT_EQ(parse_host_line("0 00:11:22:aa:bb:cc 192.168.1.30 * *"), lease("192.168.1.30", phone, {}));
  EXPECT_EQ(parse_host_line("1732300000 06-00:11:22:aa:bb:cc 192.168.1.30 phone *"), lease("192.168.1.30", {}, {"phone"}));
  EXPECT_EQ(parse_host_line("1732300000 583512 2001:db8::1e phone 00:01:00:01:2b"), lease("2001:db8::1e", {}, {"phone"}));
  EXPECT_FALSE(parse_host_line("duid 00:01:00:01:2b:00:11:22:aa:bb:cc"));
  EXPECT_FALSE(parse_host_line("1732300000 00:11:22:aa:bb:cc"));
  EXPECT_FALSE(parse_host_line("1732300000 00:11:22:aa:bb:cc 192.168.1.30"));
  EXPECT_FALSE(parse_host_line("1732300000 00:11:22:aa:bb:cc 192.168.1.300 phone *"));
}

TEST(DevicesParse, LeasesOfOdhcpd) {
  EXPECT_EQ(parse_host_line("# br-lan 001122aabbcc ipv4 phone 1732300000 c0a8011e 32 192.168.1.30/32"),
            lease("192.168.1.30", phone, {"phone"}));
  EXPECT_EQ(parse_host_line("# br-lan 001122aabbcc ipv4 - -1 c0a8011e 32 192.168.1.30/32"), lease("192.168.1.30", phone, {}));
  EXPECT_FALSE(parse_host_line("# br-lan 000100012b4d1c00001122aabbcc 8d2f1 phone 1732300000 a2 128 2001:db8::a2/128"));
  EXPECT_FALSE(parse_host_line("# br-lan 001122aabbcc ipv4 phone 1732300000 c0a8011e 32"));
  EXPECT_FALSE(parse_host_line("# a comment about ipv4 things"));
}

TEST(DevicesParse, LinesOfHosts) {
  EXPECT_EQ(parse_host_line("192.168.1.30\tphone.lan phone # in the kitchen"), host("192.168.1.30", {"phone.lan", "phone"}));
  EXPECT_EQ(parse_host_line("  2001:db8::a2 phone\r"), host("2001:db8::a2", {"phone"}));
  for (const char* none : {"", "   ", "#", "# 192.168.1.30 phone", "192.168.1.30", "192.168.1.30 # phone", "127.0.0.1 localhost",
                           "::1 localhost", "0.0.0.0 ads.example", "ff02::1 ip6-allnodes", "fe80::1 router", "192.168.1 phone"}) {
    EXPECT_FALSE(parse_host_line(none)) << none;
  }
}

TEST(DevicesParse, AFileOfAllSortsHasOnlyItsGoodLines) {
  const std::string text = "192.168.1.30 phone\n" + std::string(longest_host_line + 1, 'x') + "\n\n\x01\xff garbage\n" +
                           "1732300000 00:11:22:aa:bb:cc 192.168.1.31 desk *\n192.168.1.32 tv";
  const auto entries = parse_hosts(text, any);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1], lease("192.168.1.31", phone, {"desk"}));
  EXPECT_EQ(entries[2], host("192.168.1.32", {"tv"}));
  EXPECT_EQ(parse_hosts(text, [](const HostEntry& entry) { return entry.is_lease; }).size(), 1U);
}

TEST(DevicesParse, ALeaseThatIsStillBeingWrittenIsLeftOut) {
  EXPECT_TRUE(parse_hosts("1732300000 00:11:22:aa:bb:cc 192.168.1.31 des", any).empty());
}

TEST(DevicesParse, AHugeFileIsCut) {
  std::string text;
  for (std::size_t i = 0; i < most_host_entries + 100; ++i) {
    text += "192.168.1.30 phone\n";
  }
  EXPECT_EQ(parse_hosts(text, any).size(), most_host_entries);
  std::string names = "192.168.1.30";
  for (int i = 0; i < 200; ++i) {
    names += " n";
  }
  EXPECT_EQ(parse_host_line(names)->names.size(), most_names_of_a_host);
}

std::vector<std::uint8_t> neighbour_message(std::uint8_t family, std::uint16_t state, std::vector<std::uint8_t> address,
                                            std::vector<std::uint8_t> hardware) {
  std::vector<std::uint8_t> bytes(sizeof(ndmsg));
  ndmsg entry{};
  entry.ndm_family = family;
  entry.ndm_state = state;
  std::memcpy(bytes.data(), &entry, sizeof entry);
  const auto add = [&bytes](std::uint16_t type, const std::vector<std::uint8_t>& value) {
    const std::array<std::uint16_t, 2> header{static_cast<std::uint16_t>(value.size() + 4), type};
    const auto* raw = reinterpret_cast<const std::uint8_t*>(header.data());
    bytes.insert(bytes.end(), raw, raw + 4);
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.resize((bytes.size() + 3) / 4 * 4);
  };
  add(NDA_DST, address);
  if (!hardware.empty()) {
    add(NDA_LLADDR, hardware);
  }
  return bytes;
}

TEST(DevicesParse, NeighboursWithAnEthernetAddress) {
  const std::vector<std::uint8_t> hardware(phone.begin(), phone.end());
  const std::vector<std::uint8_t> address{192, 168, 1, 30};
  const auto message = neighbour_message(AF_INET, NUD_REACHABLE, address, hardware);
  EXPECT_EQ(parse_neighbour(message), (Neighbour{*IpAddress::parse("192.168.1.30"), phone}));
  EXPECT_FALSE(parse_neighbour(neighbour_message(AF_INET, NUD_FAILED, address, hardware)));
  EXPECT_FALSE(parse_neighbour(neighbour_message(AF_INET, NUD_INCOMPLETE, address, {})));
  EXPECT_FALSE(parse_neighbour(neighbour_message(AF_BRIDGE, NUD_PERMANENT, address, hardware)));
  EXPECT_FALSE(parse_neighbour(neighbour_message(AF_INET6, NUD_STALE, address, hardware)));
  EXPECT_FALSE(parse_neighbour(neighbour_message(AF_INET, NUD_STALE, address, std::vector<std::uint8_t>(20, 1))));
  std::vector<std::uint8_t> link_local(16, 1);
  link_local[0] = 0xfe;
  link_local[1] = 0x80;
  EXPECT_FALSE(parse_neighbour(neighbour_message(AF_INET6, NUD_STALE, link_local, hardware)));
  for (std::size_t length = 0; length < message.size() - 2; ++length) {
    EXPECT_FALSE(parse_neighbour(Bytes(message).first(length))) << length;
  }
}

}  // namespace
}  // namespace voip
