// What the port says of its own sight: accounting, events, privilege, a LAN that changes.
#include "ports/conntrack/fixture.h"

#include <sys/wait.h>

#include <fstream>

namespace voip {
namespace {

using test::header_v4;
using test::packets;
using test::rtp;
using test::SmallHome;
using test::the_lan;
using test::WatchedPort;

class ConntrackSight : public test::ConntrackTest {};

std::string read_file(const char* path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  return text;
}

TEST_F(ConntrackSight, AccountingIsSwitchedOnAtTheStart) {
  SmallHome::run(home.router, "echo 0 >/proc/sys/net/netfilter/nf_conntrack_acct");
  const FlowKey before = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 3, 3);
  open();
  EXPECT_EQ(read_file("/proc/sys/net/netfilter/nf_conntrack_acct"), "1");
  const FlowKey after = talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 3, 3);
  const auto samples = read({before, after});
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_FALSE(samples[0].up) << "never gets counters";
  EXPECT_FALSE(samples[0].down);
  EXPECT_EQ(samples[1].up, packets(3, rtp + header_v4));
}

TEST_F(ConntrackSight, AccountingThatMayNotBeSwitchedOnIsBlindnessUntilSomebodyDoes) {
  SmallHome::run(home.router, "echo 0 >/proc/sys/net/netfilter/nf_conntrack_acct");
  Settings settings;
  settings.monitor.enable_accounting = false;
  open(settings);
  EXPECT_EQ(read_file("/proc/sys/net/netfilter/nf_conntrack_acct"), "0");
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 1; }));
  EXPECT_EQ(port->sights[0].sight, Sight::blind);
  EXPECT_NE(port->sights[0].why.find("nf_conntrack_acct=1"), std::string::npos);
  port->perform(ListFlows{});
  port->wait(50ms);
  EXPECT_EQ(port->sights.size(), 1U) << "said once";
  SmallHome::run(home.router, "echo 1 >/proc/sys/net/netfilter/nf_conntrack_acct");
  port->perform(ListFlows{});
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 2; }));
  EXPECT_EQ(port->sights[1].sight, Sight::ok);
}

TEST_F(ConntrackSight, EventsThatAreOffLimitTheSight) {
  SmallHome::run(home.router, "echo 0 >/proc/sys/net/netfilter/nf_conntrack_events");
  open();
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 1; }));
  EXPECT_EQ(port->sights[0].sight, Sight::limited);
}

TEST_F(ConntrackSight, WithoutARuleThatNeedsConnectionsThereAreNone) {
  SmallHome::run(home.router, "nft flush ruleset; conntrack -F 2>/dev/null");
  open();
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 1; }));
  EXPECT_EQ(port->sights[0].sight, Sight::blind);
  EXPECT_NE(port->sights[0].why.find("does not track connections"), std::string::npos) << port->sights[0].why;
  SmallHome::run(
      home.router,
      "nft add table ip t; nft add chain ip t c '{ type filter hook forward priority 0; }'; nft add rule ip t c ct state new");
  port->perform(ListFlows{});
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 2; }));
  EXPECT_EQ(port->sights[1].sight, Sight::limited) << "IPv6 is still not tracked";
  EXPECT_NE(port->sights[1].why.find("IPv6"), std::string::npos) << port->sights[1].why;
  SmallHome::run(
      home.router,
      "nft add table ip6 t; nft add chain ip6 t c '{ type filter hook forward priority 0; }'; nft add rule ip6 t c ct state new");
  port->perform(ListFlows{});
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 3; }));
  EXPECT_EQ(port->sights[2].sight, Sight::ok);
}

TEST_F(ConntrackSight, WhatTheLanDoesNotHaveNeedNotBeTracked) {
  SmallHome::run(home.router, "nft delete table inet watch");
  port = std::make_unique<WatchedPort>(
      make_conntrack({}, {}, []() -> Result<Lan> { return Lan({*IpPrefix::parse("192.168.77.0/24")}); }));
  ASSERT_TRUE(port->opened);
  port->wait(50ms);
  EXPECT_TRUE(port->sights.empty()) << port->sights.front().why;
}

TEST_F(ConntrackSight, ARuleThatSparesTheLoopbackAloneIsNoBlindness) {
  SmallHome::run(home.router,
                 "nft add table inet raw; nft add chain inet raw o '{ type filter hook output priority -300; }'; "
                 "nft add rule inet raw o oifname lo notrack");
  talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 1, 1);
  open();
  port->wait(50ms);
  EXPECT_TRUE(port->sights.empty());
}

TEST_F(ConntrackSight, ALanThatIsNothingOrTheRouterItselfIsBlindness) {
  auto lan = std::make_shared<Result<Lan>>(Lan());
  port = std::make_unique<WatchedPort>(make_conntrack({}, {}, [lan] { return *lan; }));
  ASSERT_TRUE(port->opened);
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 1; }));
  EXPECT_EQ(port->sights[0].sight, Sight::blind);
  *lan = Lan({*IpPrefix::parse("192.168.77.1")}, {*IpAddress::parse("192.168.77.1")});
  port->perform(ListFlows{});
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 2; }));
  EXPECT_EQ(port->sights[1].sight, Sight::blind);
  EXPECT_NE(port->sights[1].why.find("192.168.77.1 in monitor.lan is this router's own address"), std::string::npos);
  *lan = the_lan();
  port->perform(ListFlows{});
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 3; }));
  EXPECT_EQ(port->sights[2].sight, Sight::ok);
}

TEST_F(ConntrackSight, FollowsALanThatChanges) {
  auto lan = std::make_shared<Result<Lan>>(Error{"not yet"});
  port = std::make_unique<WatchedPort>(make_conntrack({}, {}, [lan] { return *lan; }));
  ASSERT_TRUE(port->opened);
  const FlowKey early = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 1, 0);
  port->wait(50ms);
  EXPECT_TRUE(port->born.empty());
  *lan = the_lan();
  port->perform(ListFlows{});
  EXPECT_TRUE(has_born(early));
  EXPECT_TRUE(has_born(talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 1, 0)));
}

TEST_F(ConntrackSight, WithoutPrivilegeItSaysWhatItNeeds) {
  const pid_t child = fork();
  if (child == 0) {
    const bool is_nobody = setgid(65534) == 0 && setuid(65534) == 0;
    const WatchedPort nobodys(make_conntrack({}, {}, the_lan));
    const bool says_it = !nobodys.opened && nobodys.opened.error().find("needs CAP_NET_ADMIN") != std::string::npos;
    _exit(is_nobody && says_it ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace voip
