#include "commands/setup/telephones.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

bool is_telephone(const std::string& name, const std::string& mac = "02:00:00:00:00:01") {
  return !why_telephone({.mac = mac, .name = name}).empty();
}

TEST(Telephones, NamesOfTelephonesAreKnown) {
  for (const char* name : {"yealink-t46",   "SIP-T46S",     "snom320-ABCDEF",
                           "kitchen-phone", "KitchenPhone", "fritz.box",
                           "fritz-fon",     "Gigaset-N510", "SEP001122334455",
                           "spa112",        "OBi200",       "ata",
                           "HT801",         "gxp2170",      "Polycom_64167f012345",
                           "voip",          "dect-base",    "wohnzimmertelefon",
                           "Telefon2",      "phone",        "poly-edge"}) {
    EXPECT_TRUE(is_telephone(name)) << name;
  }
}

TEST(Telephones, OthersAreNot) {
  for (const char* name : {"",
                           "*",
                           "iPhone-von-Anna",
                           "Pauls-iPhone",
                           "galaxy-s21",
                           "android-123",
                           "laptop",
                           "spare-pc",
                           "data",
                           "fritz.repeater",
                           "headphones",
                           "microphone",
                           "obiwan",
                           "space",
                           "siphon",
                           "windows-phone",
                           "hotel",
                           "sepp",
                           "tablet",
                           "printer",
                           "polygon"}) {
    EXPECT_FALSE(is_telephone(name)) << name;
  }
}

TEST(Telephones, MakersOfTelephonesAreKnownByTheHardwareAddress) {
  EXPECT_EQ(why_telephone({.mac = "00:15:65:01:02:03"}), "made by Yealink");
  EXPECT_EQ(why_telephone({.mac = "00:04:13:01:02:03", .name = "laptop"}), "made by Snom");
  EXPECT_EQ(why_telephone({.mac = "00:11:22:01:02:03"}), "");
  EXPECT_EQ(why_telephone({.mac = ""}), "");
}

TEST(Telephones, ANameInTheConfigurationIsPlainAndItsOwn) {
  const std::vector<DeviceSettings> taken{{.name = "Phone", .address = {}, .mac = {}, .hostname = {}, .role = Role::any},
                                          {.name = "yealink-0203", .address = {}, .mac = {}, .hostname = {}, .role = Role::any}};
  EXPECT_EQ(device_name({.mac = "00:15:65:01:02:03", .name = "kitchen.lan"}, taken), "kitchen");
  EXPECT_EQ(device_name({.mac = "00:15:65:01:02:03", .name = "a\"b\nc"}, taken), "a-b-c");
  EXPECT_EQ(device_name({.mac = "00:15:65:01:02:03", .name = "phone"}, taken), "phone-0203");
  EXPECT_EQ(device_name({.mac = "00:15:65:01:02:03"}, taken), "Yealink-0203-2");
  EXPECT_EQ(device_name({.mac = "02:00:00:00:0a:0b", .name = "*"}, taken), "phone-0a0b");
  EXPECT_LE(device_name({.mac = "", .name = std::string(300, 'x')}, taken).size(), 40U);
}

TEST(Telephones, ThoseThatAreConfiguredAreNotProposedAgain) {
  const std::vector<SeenHost> hosts{{.mac = "00:15:65:01:02:03"},
                                    {.mac = "00:04:13:01:02:03", .addresses = {*IpAddress::parse("192.168.1.30")}},
                                    {.mac = "02:00:00:00:00:01", .name = "sip-1"},
                                    {.mac = "02:00:00:00:00:02", .name = "laptop"},
                                    {.mac = "02:00:00:00:00:03", .name = "phone"},
                                    {.mac = "02:00:00:00:00:04", .name = "phone"}};
  std::vector<DeviceSettings> known{{.name = "One", .address = {}, .mac = "00:15:65:01:02:03", .hostname = {}, .role = Role::any},
                                    {.name = "Two", .address = {}, .mac = {}, .hostname = {}, .role = Role::any},
                                    {.name = "Three", .address = {}, .mac = {}, .hostname = "SIP-1", .role = Role::any}};
  known[1].address = IpPrefix(*IpAddress::parse("192.168.1.30"), 32);
  const auto found = find_telephones(hosts, known);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].device.mac, "02:00:00:00:00:03");
  EXPECT_EQ(found[0].device.name, "phone");
  EXPECT_EQ(found[1].device.name, "phone-0004");
  EXPECT_EQ(found[0].device.role, Role::phone);
}

TEST(Telephones, WhoWasHeardIsNamedByTheHardwareAddressOrElseByTheAddress) {
  const IpAddress address = *IpAddress::parse("192.168.1.40");
  const auto known = device_at(address, {{.mac = "02:00:00:00:00:01", .name = "study", .addresses = {address}}}, {});
  EXPECT_EQ(known.mac, "02:00:00:00:00:01");
  EXPECT_EQ(known.name, "study");
  const auto unknown = device_at(address, {}, {});
  EXPECT_EQ(unknown.mac, "");
  EXPECT_EQ(unknown.address, IpPrefix(address, 32));
  EXPECT_EQ(unknown.name, "phone");
  EXPECT_TRUE(is_known(unknown, {unknown}));
  EXPECT_FALSE(is_known(unknown, {known}));
}

}  // namespace
}  // namespace voip
