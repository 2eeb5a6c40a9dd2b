// monitor.kernel_events = "candidates" against the real kernel: what it tells others, too, and what is left afterwards.
#include "ports/conntrack/candidates.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "ports/conntrack/conntrack.h"
#include "ports/conntrack/small_home.h"
#include "ports/private_network.h"
#include "ports/watched_port.h"

namespace voip {
namespace {

using test::at;
using test::shell;
using test::SmallHome;
using test::UdpSocket;
using test::WatchedPort;

// Another program that hears all that the kernel tells, after we have begun.
class Listener {
 public:
  Listener() {
    folder_ = shell("mktemp -d");
    folder_.pop_back();
    const std::string line = "timeout 20 conntrack -E -e NEW >" + folder_ + "/heard 2>/dev/null & echo $!";
    pid_ = shell(line);
    while (event_listeners(shell("cat /proc/thread-self/net/netlink")).size() < 2 && --patience_ > 0) {
      shell("sleep 0.05");
    }
  }
  ~Listener() {
    shell("kill " + pid_);
    shell("rm -r " + folder_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] std::string heard() const { return shell("sleep 0.2; cat " + folder_ + "/heard"); }

 private:
  std::string folder_;
  std::string pid_;
  int patience_ = 60;
};

class Candidates : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = home.start(); !why.empty()) {
      GTEST_SKIP() << why;
    }
    inside_ = std::make_unique<test::Inside>(home.router);
  }

  void open() {
    Settings settings;
    settings.monitor.kernel_events = KernelEvents::candidates;
    port = std::make_unique<WatchedPort>(make_conntrack(settings, {{53, 53, false}, {5060, 5060, false}}, [] {
      return Result<Lan>(Lan({*IpPrefix::parse("192.168.77.0/24"), *IpPrefix::parse("fd77:1::/64")}));
    }));
    ASSERT_TRUE(port->opened) << port->opened.error();
  }
  static bool is_limited() { return shell("nft list tables").find("voip_qosd_events") != std::string::npos; }

  SmallHome home;
  std::unique_ptr<WatchedPort> port;

 private:
  std::unique_ptr<test::Inside> inside_;
};

TEST_F(Candidates, TheKernelTellsNobodyOfFlowsThatCannotMatter) {
  open();
  ASSERT_TRUE(port->wait_until(is_limited));
  const Listener other;
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  const UdpSocket phone_v6(home.phone, at(SmallHome::phone_v6, 40000));
  const UdpSocket server(home.server, at(SmallHome::server_v4, 10012));
  phone.send(at(SmallHome::server_v4, 53), 1, 60);
  phone.send(at(SmallHome::server_v4, 5060), 1, 60);
  phone.send(at(SmallHome::server_v4, 40002), 1, 60);
  phone_v6.send(at(SmallHome::server_v6, 53), 1, 60);
  phone_v6.send(at(SmallHome::server_v6, 40004), 1, 60);
  server.send(at(SmallHome::router_v4, 9999), 1, 60);
  server.send(at(SmallHome::router_v4, SmallHome::forwarded_port), 1, 60);
  shell("timeout 1 bash -c 'echo >/dev/udp/198.51.100.10/40006'");  // the router's own
  EXPECT_TRUE(port->wait_until([this] { return port->born.size() == 3; })) << port->born.size();
  const std::string heard = other.heard();
  EXPECT_EQ(std::count(heard.begin(), heard.end(), '\n'), 3) << heard;
  EXPECT_NE(heard.find("dport=40002"), std::string::npos) << heard;
  EXPECT_NE(heard.find("dport=40004"), std::string::npos) << heard;
  EXPECT_NE(heard.find("dport=10004"), std::string::npos) << heard;
}

TEST_F(Candidates, NothingIsLeft) {
  open();
  ASSERT_TRUE(port->wait_until(is_limited));
  port.reset();
  EXPECT_FALSE(is_limited()) << "after a proper end";
  open();
  ASSERT_TRUE(port->wait_until(is_limited));
  Settings settings;
  WatchedPort next(make_conntrack(settings, {*IpPrefix::parse("192.168.77.0/24")}));
  EXPECT_TRUE(next.wait_until([] { return !is_limited(); })) << "what a killed run left, by the next one that wants all events";
}

TEST_F(Candidates, WhoMayOnlyLookChangesNothing) {
  constexpr const char* accounting = "/proc/sys/net/netfilter/nf_conntrack_acct";
  open();
  ASSERT_TRUE(port->wait_until(is_limited));
  const std::string rules = shell("nft list ruleset");
  shell(std::string("echo 0 >") + accounting);
  for (const KernelEvents events : {KernelEvents::all, KernelEvents::candidates}) {
    Settings settings;
    settings.monitor.kernel_events = events;
    WatchedPort onlooker(
        make_conntrack(settings, {}, [] { return Result<Lan>(Lan({*IpPrefix::parse("10.1.0.0/16")})); }, {.may_write = false}));
    ASSERT_TRUE(onlooker.opened) << onlooker.opened.error();
    onlooker.wait(300ms);  // which a program to change it would need
    ASSERT_EQ(onlooker.sights.size(), 1U);
    EXPECT_EQ(onlooker.sights[0].sight, Sight::blind) << "flows have no counters";
  }
  EXPECT_EQ(shell("nft list ruleset"), rules);
  EXPECT_EQ(shell(std::string("cat ") + accounting), "0\n");
}

TEST_F(Candidates, ItIsRefusedWhileAnotherProgramListens) {
  EXPECT_FALSE(why_not_limit_events());
  const std::string pid = shell("timeout 20 conntrack -E -e NEW >/dev/null 2>&1 & echo $!");
  for (int i = 0; i < 60 && !why_not_limit_events(); ++i) {
    shell("sleep 0.05");
  }
  const auto refused = why_not_limit_events();
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->find("conntrack"), std::string::npos) << *refused;
  open();
  port->wait(300ms);
  EXPECT_FALSE(is_limited());
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  phone.send(at(SmallHome::server_v4, 40002), 1, 60);
  EXPECT_TRUE(port->wait_until([this] { return port->born.size() == 1; })) << "all events go on";
  shell("kill " + pid);
}

TEST_F(Candidates, WithoutNftAllEventsGoOn) {
  const std::string path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  setenv("PATH", "/nonexistent", 1);             // NOLINT(concurrency-mt-unsafe)
  open();
  port->wait(300ms);
  setenv("PATH", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  phone.send(at(SmallHome::server_v4, 40002), 1, 60);
  EXPECT_TRUE(port->wait_until([this] { return port->born.size() == 1; }));
}

TEST(EventListeners, AreThoseWithConntrackGroups) {
  EXPECT_EQ(event_listeners("sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
                            "0000000000000001 0   77         00000007 0        0        0     2        0        4\n"
                            "0000000000000002 12  1234       00000001 0        0        0     2        0        5\n"
                            "0000000000000003 12  4294963166 00000004 0        0        0     2        0        6\n"
                            "0000000000000004 12  99         00000040 0        0        0     2        0        7\n"
                            "junk\n"),
            (std::vector<std::uint32_t>{1234, 4294963166}));
  EXPECT_TRUE(event_listeners("").empty());
}

}  // namespace
}  // namespace voip
