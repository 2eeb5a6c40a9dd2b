#include "ports/devices/book.h"

#include <gtest/gtest.h>

#include "core/engine/device_map.h"

namespace voip {
namespace {

const HardwareAddress phone{0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc};
const HardwareAddress desk{0x00, 0x11, 0x22, 0xaa, 0xbb, 0xdd};
const HardwareAddress stranger{0x02, 0, 0, 0, 0, 1};

// Device 0 by hardware address, device 1 by name, device 2 by address.
std::vector<DeviceSettings> devices() {
  std::vector<DeviceSettings> devices(3);
  devices[0].mac = "00:11:22:aa:bb:cc";
  devices[1].hostname = "desk";
  devices[2].address = IpPrefix::parse("192.168.1.9");
  return devices;
}

class DeviceBookTest : public testing::Test {
 protected:
  // "0 has 192.168.1.30, lost 192.168.1.31": what was told.
  static std::string text(const std::vector<Event>& events) {
    std::string text;
    for (const Event& event : events) {
      text += text.empty() ? "" : ", ";
      if (const auto* found = std::get_if<DeviceFound>(&event)) {
        text += std::to_string(found->device) + " has " + found->address.to_string();
      } else if (const auto* lost = std::get_if<DeviceLost>(&event)) {
        text += "lost " + lost->address.to_string();
      }
    }
    return text;
  }
  std::string see(const std::string& address, const HardwareAddress& hardware) {
    std::vector<Event> events;
    book_.see({*IpAddress::parse(address), hardware}, events);
    return text(events);
  }
  std::string read(const std::string& file) {
    std::vector<Event> events;
    book_.set_hosts(parse_hosts(file, [this](const HostEntry& entry) { return book_.wants(entry); }), events);
    return text(events);
  }

  DeviceBook book_{devices()};
};

TEST_F(DeviceBookTest, IsNeededOnlyForHardwareAddressesAndNames) {
  EXPECT_TRUE(book_.is_needed());
  EXPECT_FALSE(DeviceBook({devices()[2]}).is_needed());
  EXPECT_FALSE(DeviceBook({}).is_needed());
}

TEST_F(DeviceBookTest, ANeighbourIsToldOnceInEachFamily) {
  EXPECT_EQ(see("192.168.1.30", phone), "0 has 192.168.1.30");
  EXPECT_EQ(see("192.168.1.30", phone), "");
  EXPECT_EQ(see("2001:db8::30", phone), "0 has 2001:db8::30");
  EXPECT_EQ(see("192.168.1.31", stranger), "");
}

TEST_F(DeviceBookTest, AnAddressThatSomebodyElseHasIsLost) {
  see("192.168.1.30", phone);
  EXPECT_EQ(see("192.168.1.30", stranger), "lost 192.168.1.30");
  EXPECT_EQ(see("192.168.1.30", stranger), "");
  EXPECT_EQ(see("192.168.1.30", phone), "0 has 192.168.1.30");
}

TEST_F(DeviceBookTest, ALeaseTellsWhatNoNeighbourTellsYet) {
  EXPECT_EQ(read("1 00:11:22:aa:bb:cc 192.168.1.30 * *\n"), "0 has 192.168.1.30");
  EXPECT_EQ(see("192.168.1.30", phone), "");
  EXPECT_EQ(read("1 00:11:22:aa:bb:cc 192.168.1.77 * *\n"), "0 has 192.168.1.77");
}

TEST_F(DeviceBookTest, TheNeighbourTableKnowsBetterThanAnOldLease) {
  see("192.168.1.30", stranger);
  EXPECT_EQ(read("1 00:11:22:aa:bb:cc 192.168.1.30 * *\n"), "");
  EXPECT_EQ(read("1 00:11:22:aa:bb:dd 192.168.1.30 desk *\n"), "");
  EXPECT_EQ(see("192.168.1.30", desk), "1 has 192.168.1.30");
}

TEST_F(DeviceBookTest, ANameHasItsAddressesAndThoseOfItsHardware) {
  see("2001:db8::31", desk);
  EXPECT_EQ(read("1 00:11:22:aa:bb:dd 192.168.1.31 Desk *\n"), "1 has 2001:db8::31, 1 has 192.168.1.31");
  EXPECT_EQ(see("2001:db8::aaaa", desk), "1 has 2001:db8::aaaa");
  EXPECT_EQ(read("192.168.1.40 desk.lan\n"), "1 has 192.168.1.40");
}

TEST_F(DeviceBookTest, NothingIsLostWhileALeaseFileIsEmpty) {
  read("1 00:11:22:aa:bb:dd 192.168.1.31 desk *\n");
  see("192.168.1.31", desk);
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(see("192.168.1.31", desk), "");
  EXPECT_EQ(read("1 00:11:22:aa:bb:dd 192.168.1.31 desk *\n"), "");
}

TEST_F(DeviceBookTest, ANameLosesAnAddressThatIsLeasedToAnother) {
  read("1 00:11:22:aa:bb:dd 192.168.1.31 desk *\n");
  EXPECT_EQ(read("1 02:00:00:00:00:01 192.168.1.31 tv *\n"), "lost 192.168.1.31");
  read("1 00:11:22:aa:bb:dd 192.168.1.31 desk *\n");
  see("192.168.1.31", desk);
  read("");
  EXPECT_EQ(see("192.168.1.31", stranger), "lost 192.168.1.31");
}

TEST_F(DeviceBookTest, AnAddressMovesBetweenDevices) {
  see("192.168.1.30", phone);
  read("1 00:11:22:aa:bb:dd 192.168.1.31 desk *\n");
  EXPECT_EQ(see("192.168.1.30", desk), "1 has 192.168.1.30");
}

TEST_F(DeviceBookTest, OfTwoThatCouldHaveItTheFirstInTheFileHasIt) {
  EXPECT_EQ(read("1 00:11:22:aa:bb:cc 192.168.1.30 desk *\n"), "0 has 192.168.1.30");
}

TEST_F(DeviceBookTest, HostsWithoutAWantedNameAreNotKept) {
  EXPECT_FALSE(book_.wants(*parse_host_line("192.168.1.30 ads.example")));
  EXPECT_TRUE(book_.wants(*parse_host_line("192.168.1.30 desk")));
  EXPECT_TRUE(book_.wants(*parse_host_line("1 02:00:00:00:00:01 192.168.1.31 tv *")));
}

TEST_F(DeviceBookTest, WhatIsKeptHasALimitAndWhatGoesForItIsTakenBack) {
  DeviceMap engine(devices());
  std::set<IpAddress> known;  // by whoever only hears what is told
  std::vector<Event> events;
  for (unsigned i = 0; i < 6000; ++i) {
    const std::array<std::uint8_t, 4> bytes{10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)};
    book_.see({IpAddress::from_bytes(bytes), phone}, events);
  }
  for (const Event& event : events) {
    if (const auto* found = std::get_if<DeviceFound>(&event)) {
      engine.found(static_cast<std::int32_t>(found->device), found->address);
      known.insert(found->address);
    } else if (const auto* lost = std::get_if<DeviceLost>(&event)) {
      known.erase(lost->address);
    }
    EXPECT_LE(known.size(), most_found_addresses);
  }
  const auto told = book_.told_addresses();
  EXPECT_EQ(told.size(), most_found_addresses);
  EXPECT_EQ(known, std::set<IpAddress>(told.begin(), told.end()));
  for (const IpAddress& address : told) {
    EXPECT_EQ(engine.device_of(address), 0);
  }
  EXPECT_EQ(book_.hardware_addresses(), std::vector{phone});
}

}  // namespace
}  // namespace voip
