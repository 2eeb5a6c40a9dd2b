// The real neighbour table in a namespace of its own, and real files that appear, change and are replaced.
#include "ports/devices/devices.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "ports/devices/filter.h"
#include "ports/loop_until.h"
#include "ports/private_network.h"

namespace voip {
namespace {

using test::loop_until;
using test::open_loop;
using test::PrivateNetwork;
using test::shell;

class DevicesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!network_.is_there()) {
      GTEST_SKIP() << "needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace";
    }
    std::string folder = std::filesystem::temp_directory_path() / "voip-devices-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    settings_.devices.push_back({.name = "Mobile", .address = {}, .mac = "00:11:22:aa:bb:cc", .hostname = ""});
    settings_.devices.push_back({.name = "Desk", .address = {}, .mac = "", .hostname = "desk"});
    ASSERT_EQ(shell("ip link add lan type veth peer name far && ip link set lan up && ip link set far up && "
                    "ip address add 192.168.1.1/24 dev lan && ip address add 2001:db8::1/64 dev lan nodad"),
              "");
  }
  void TearDown() override {
    port_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void open_port() {
    port_ = make_devices(settings_, {folder_ / "dhcp.leases", folder_ / "hosts" / "odhcpd*", folder_ / "etc-hosts"});
    const Status opened = port_->open(*loop_);
    ASSERT_TRUE(opened) << opened.error();
  }
  void take(const Event& event) {
    if (const auto* found = std::get_if<DeviceFound>(&event)) {
      owners_[found->address.to_string()] = static_cast<int>(found->device);
    } else if (const auto* lost = std::get_if<DeviceLost>(&event)) {
      owners_[lost->address.to_string()] = -1;
    }
  }
  // Whether the address was told to be the device's (-1: lost) within two seconds.
  bool is_told(const std::string& address, int device) {
    const auto is_so = [&] { return owners_.contains(address) && owners_[address] == device; };
    return is_so() || loop_until(*loop_, 2s, [&](const Event& event) {
             take(event);
             return is_so();
           });
  }
  bool is_quiet(Duration time) {
    const auto before = owners_;
    loop_until(*loop_, time, [&](const Event& event) {
      take(event);
      return false;
    });
    return owners_ == before;
  }
  // How often the loop woke up for something.
  int wakeups_in(Duration time) {
    int wakeups = -1;  // the end itself
    loop_until(*loop_, time, [&](const Event&) {
      ++wakeups;
      return false;
    });
    return wakeups;
  }
  void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(folder_ / file) << text; }
  void replace(const std::filesystem::path& file, const std::string& text) {
    write("new", text);
    std::filesystem::rename(folder_ / "new", folder_ / file);
  }

  PrivateNetwork network_;
  std::filesystem::path folder_;
  Settings settings_;
  std::unique_ptr<Loop> loop_ = open_loop();
  std::unique_ptr<Port> port_;
  std::map<std::string, int> owners_;
};

TEST_F(DevicesTest, WhoeverIsThereAlreadyIsFound) {
  ASSERT_EQ(shell("ip neigh add 192.168.1.30 lladdr 00:11:22:aa:bb:cc dev lan nud stale; "
                  "ip neigh add 2001:db8::30 lladdr 00:11:22:aa:bb:cc dev lan nud stale; "
                  "ip neigh add 192.168.1.31 lladdr 02:00:00:00:00:01 dev lan nud stale"),
            "");
  write("dhcp.leases", "1 00:11:22:aa:bb:dd 192.168.1.40 desk *\n");
  open_port();
  EXPECT_TRUE(is_told("192.168.1.40", 1));
  EXPECT_TRUE(is_told("192.168.1.30", 0));
  EXPECT_TRUE(is_told("2001:db8::30", 0));
  EXPECT_TRUE(is_quiet(300ms));
  EXPECT_EQ(owners_.size(), 3U);
}

TEST_F(DevicesTest, LeasesOfAnOrdinaryUserAreNotBelieved) {
  write("dhcp.leases", "1 00:11:22:aa:bb:dd 192.168.1.40 desk *\n");
  ASSERT_EQ(chown((folder_ / "dhcp.leases").c_str(), 1000, 1000), 0);
  testing::internal::CaptureStderr();
  open_port();
  EXPECT_TRUE(is_quiet(300ms));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("dhcp.leases: it belongs to a user"), std::string::npos) << log;
  write("new", "1 00:11:22:aa:bb:dd 192.168.1.40 desk *\n");
  ASSERT_EQ(chown((folder_ / "new").c_str(), 100, 100), 0);  // an account of the system, as DHCP servers have
  std::filesystem::rename(folder_ / "new", folder_ / "dhcp.leases");
  EXPECT_TRUE(is_told("192.168.1.40", 1));
}

TEST_F(DevicesTest, ANeighbourIsFoundWhenItSpeaks) {
  open_port();
  EXPECT_TRUE(is_quiet(200ms));
  // The far end, in a namespace that ends with its last process.
  ASSERT_EQ(shell("ip link set far address 00:11:22:aa:bb:cc; "
                  "unshare -n sh -c 'echo $$ > " +
                  (folder_ / "pid").string() +
                  "; sleep 20' >/dev/null 2>&1 & "
                  "sleep 0.3; ip link set far netns $(cat " +
                  (folder_ / "pid").string() + ")"),
            "");
  const std::string far = "nsenter -n -t $(cat " + (folder_ / "pid").string() + ") ";
  EXPECT_EQ(shell(far + "ip address add 192.168.1.30/24 dev far; " + far + "ip address add 2001:db8::aaaa/64 dev far nodad; " +
                  far + "ip link set far up"),
            "");
  // It asks for the router's hardware address, as a phone does for its first packet, and the router answers.
  shell(far +
        "python3 -c \"import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('192.168.1.1', 9))\"");
  EXPECT_TRUE(is_told("192.168.1.30", 0));
  shell(far +
        "python3 -c \"import socket,time\ns=socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\nfor i in range(5): "
        "s.sendto(b'x', ('2001:db8::1', 9)); time.sleep(.2)\"");
  EXPECT_TRUE(is_told("2001:db8::aaaa", 0));
  shell("kill $(cat " + (folder_ / "pid").string() + ")");
}

TEST_F(DevicesTest, AnAddressThatGoesToSomebodyElseIsLostAndOneThatExpiresIsNot) {
  open_port();
  ASSERT_EQ(shell("ip neigh add 192.168.1.30 lladdr 00:11:22:aa:bb:cc dev lan nud reachable"), "");
  EXPECT_TRUE(is_told("192.168.1.30", 0));
  ASSERT_EQ(shell("ip neigh del 192.168.1.30 dev lan"), "");
  EXPECT_TRUE(is_quiet(200ms));
  ASSERT_EQ(shell("ip neigh replace 192.168.1.30 lladdr 02:00:00:00:00:01 dev lan nud reachable"), "");
  EXPECT_TRUE(is_told("192.168.1.30", -1));
}

TEST_F(DevicesTest, OtherNeighboursDoNotWakeIt) {
  open_port();
  loop_until(*loop_, 200ms, [](const Event&) { return false; });
  std::string batch;
  for (int i = 100; i < 200; ++i) {
    batch += "neigh add 192.168.1." + std::to_string(i) + " lladdr 02:00:00:00:00:01 dev lan nud reachable\n";
  }
  ASSERT_EQ(shell("echo '" + batch + "' | ip -batch -"), "");
  EXPECT_EQ(wakeups_in(300ms), 0);
  ASSERT_EQ(shell("ip neigh add 192.168.1.30 lladdr 00:11:22:aa:bb:cc dev lan nud reachable"), "");
  EXPECT_TRUE(is_told("192.168.1.30", 0));
  // A lease that comes later makes one of them matter.
  write("dhcp.leases", "1 02:00:00:00:00:01 192.168.1.150 desk *\n");
  EXPECT_TRUE(is_told("192.168.1.199", 1));
}

TEST_F(DevicesTest, AStormThatOverflowsTheQueueLosesNobody) {
  open_port();
  std::string batch;
  for (int i = 0; i < 900; ++i) {
    batch += "neigh add 192.168." + std::to_string(10 + i / 200) + "." + std::to_string(1 + i % 200) +
             " lladdr 00:11:22:aa:bb:cc dev lan nud permanent\n";
  }
  ASSERT_EQ(shell("echo '" + batch + "' | ip -batch -"), "");
  EXPECT_TRUE(loop_until(*loop_, 5s, [&](const Event& event) {
    take(event);
    return owners_.size() == 900;
  })) << owners_.size();
}

TEST_F(DevicesTest, ALeaseFileThatAppearsIsRewrittenAndReplacedIsFollowed) {
  open_port();
  write("dhcp.leases", "1 00:11:22:aa:bb:cc 192.168.1.30 * *\n");
  EXPECT_TRUE(is_told("192.168.1.30", 0));
  write("dhcp.leases", "1 00:11:22:aa:bb:cc 192.168.1.31 * *\n");
  EXPECT_TRUE(is_told("192.168.1.31", 0));
  for (int i = 32; i < 36; ++i) {
    const std::string address = "192.168.1." + std::to_string(i);
    replace("dhcp.leases", "1 00:11:22:aa:bb:cc " + address + " * *\n");
    EXPECT_TRUE(is_told(address, 0)) << address;
  }
  write("dhcp.leases", "garbage\n1 00:11:22:aa:bb:dd 192.168.1.40 DESK *\n");
  EXPECT_TRUE(is_told("192.168.1.40", 1));
}

TEST_F(DevicesTest, AFolderThatAppearsGoesAndComesAgainIsFollowed) {
  open_port();
  const auto hosts = folder_ / "hosts";
  std::filesystem::create_directory(hosts);
  write("hosts/odhcpd", "# lan 001122aabbdd ipv4 desk 1 c0a80128 32 192.168.1.40/32\n");
  EXPECT_TRUE(is_told("192.168.1.40", 1));
  write("hosts/odhcpd.hosts.lan", "2001:db8::40 desk.lan\n");
  EXPECT_TRUE(is_told("2001:db8::40", 1));
  std::filesystem::remove_all(hosts);
  loop_until(*loop_, 400ms, [](const Event&) { return false; });
  std::filesystem::create_directory(hosts);
  replace("hosts/odhcpd", "192.168.1.41 desk\n");
  EXPECT_TRUE(is_told("192.168.1.41", 1));
}

TEST_F(DevicesTest, OtherFilesDoNotWakeItsReading) {
  write("etc-hosts", "192.168.1.40 desk\n");
  open_port();
  EXPECT_TRUE(is_told("192.168.1.40", 1));
  write("other", "192.168.1.41 desk\n");
  EXPECT_TRUE(is_quiet(500ms));
}

TEST_F(DevicesTest, WithoutSuchDevicesItOpensNothing) {
  settings_.devices.clear();
  settings_.devices.push_back({.name = "Phone", .address = IpPrefix::parse("192.168.1.30"), .mac = "", .hostname = ""});
  const auto descriptors = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  const auto before = descriptors();
  open_port();
  EXPECT_EQ(descriptors(), before);
}

TEST_F(DevicesTest, AFilterForManyIsOneForAll) {
  std::vector<IpAddress> addresses;
  for (unsigned i = 0; i < 600; ++i) {
    std::array<std::uint8_t, 16> bytes{0x20, 1, 0xd, 0xb8};
    bytes[14] = static_cast<std::uint8_t>(i / 256);
    bytes[15] = static_cast<std::uint8_t>(i % 256);
    addresses.push_back(IpAddress::from_bytes(bytes));
  }
  EXPECT_LT(neighbour_filter({}, addresses).size(), 100U);
  addresses.resize(100);
  EXPECT_GT(neighbour_filter({}, addresses).size(), 900U);
}

}  // namespace
}  // namespace voip
