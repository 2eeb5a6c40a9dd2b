// The port against the real kernel: real packets through a real NAT router, in namespaces.
#include "ports/conntrack.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>

#include "ports/small_home.h"
#include "ports/watched_port.h"

namespace voip {
namespace {

using test::at;
using test::SmallHome;
using test::UdpSocket;
using test::WatchedPort;

constexpr std::size_t header_v4 = 28;  // IP and UDP
constexpr std::size_t header_v6 = 48;
constexpr std::size_t rtp = 172;

Result<Lan> the_lan() {
  return Lan({*IpPrefix::parse("192.168.77.0/24"), *IpPrefix::parse("fd77:1::/64")});
}

std::string read_file(const char* path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  return text;
}

class Conntrack : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = home.start(); !why.empty()) {
      GTEST_SKIP() << why;
    }
    // The port lives on the router.
    inside_ = std::make_unique<test::Inside>(home.router);
  }

  void open(const Settings& settings = {}, const ConntrackLimits& limits = {}) {
    port = std::make_unique<WatchedPort>(make_conntrack(settings, {}, the_lan, limits));
    ASSERT_TRUE(port->opened) << port->opened.error();
  }

  bool has_born(const FlowKey& key, std::size_t times = 1) {
    return port->wait_until([&] {
      return static_cast<std::size_t>(std::count_if(port->born.begin(), port->born.end(),
                                                    [&](const FlowBorn& flow) { return flow.key == key; })) >= times;
    });
  }

  // One reading, waited for.
  std::vector<FlowSample> read(const std::vector<FlowKey>& keys) {
    const std::size_t before = port->readings.size();
    port->perform(ReadCounters{keys});
    EXPECT_TRUE(port->wait_until([&] { return port->readings.size() > before; }));
    return port->readings.back();
  }

  // A flow that the phone opens; both sides send.
  FlowKey talk(const std::string& client, const std::string& to, std::uint16_t port_number, int up, int down) {
    const UdpSocket phone(home.phone, at(client, port_number));
    const UdpSocket server(home.server, at(to, port_number));
    phone.send(at(to, port_number), up, rtp);
    if (down > 0) {
      server.answer(up, down, 100);
    }
    return {at(client, port_number), at(to, port_number), protocol_udp};
  }

  SmallHome home;
  std::unique_ptr<WatchedPort> port;

 private:
  std::unique_ptr<test::Inside> inside_;
};

Counters packets(std::uint64_t count, std::size_t bytes) {
  return {count, count * bytes};
}

TEST_F(Conntrack, ABirthIsSeenAndCountersAreWhatWasSent) {
  open();
  const FlowKey key = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 10, 7);
  ASSERT_TRUE(has_born(key));
  EXPECT_NE(port->born.front().conntrack_id, 0U);
  EXPECT_FALSE(port->born.front().is_expected);
  EXPECT_TRUE(port->born.front().is_fresh);
  EXPECT_EQ(port->born.size(), 1U);
  const auto samples = read({key});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].key, key);
  EXPECT_EQ(samples[0].conntrack_id, port->born.front().conntrack_id);
  EXPECT_EQ(samples[0].up, packets(10, rtp + header_v4));
  EXPECT_EQ(samples[0].down, packets(7, 100 + header_v4));
  EXPECT_FALSE(samples[0].is_offloaded);
  EXPECT_TRUE(port->sights.empty());
}

TEST_F(Conntrack, Ipv6IsTheSame) {
  open();
  const FlowKey key = talk(SmallHome::phone_v6, SmallHome::server_v6, 40000, 10, 7);
  ASSERT_TRUE(has_born(key));
  const auto samples = read({key});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].up, packets(10, rtp + header_v6));
  EXPECT_EQ(samples[0].down, packets(7, 100 + header_v6));
}

TEST_F(Conntrack, AFlowOpenedOutsideThroughPortForwardingIsThePhones) {
  open();
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, SmallHome::forwarded_port));
  const UdpSocket server(home.server, at(SmallHome::server_v4, 10012));
  server.send(at(SmallHome::router_v4, SmallHome::forwarded_port), 10, rtp);
  phone.answer(10, 4, 100);
  const FlowKey key{at(SmallHome::phone_v4, SmallHome::forwarded_port), at(SmallHome::server_v4, 10012), protocol_udp};
  ASSERT_TRUE(has_born(key));
  const auto samples = read({key});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].up, packets(4, 100 + header_v4));
  EXPECT_EQ(samples[0].down, packets(10, rtp + header_v4));
  port->perform(MarkFlow{key, true});
  EXPECT_EQ(read({key}).at(0).mark, 0x01ab0033U);
}

TEST_F(Conntrack, Ipv6OpenedOutsideIsThePhones) {
  open();
  const UdpSocket phone(home.phone, at(SmallHome::phone_v6, 6000));
  const UdpSocket server(home.server, at(SmallHome::server_v6, 10012));
  server.send(at(SmallHome::phone_v6, 6000), 10, rtp);
  phone.answer(10, 4, 100);
  const FlowKey key{at(SmallHome::phone_v6, 6000), at(SmallHome::server_v6, 10012), protocol_udp};
  ASSERT_TRUE(has_born(key));
  const auto samples = read({key});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].up, packets(4, 100 + header_v6));
  EXPECT_EQ(samples[0].down, packets(10, rtp + header_v6));
}

TEST_F(Conntrack, AFlowThatTheKernelForgotIsGone) {
  open();
  const FlowKey alive = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 1, 0);
  SmallHome::run(home.router, "echo 1 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout");
  const FlowKey ended = talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 1, 0);
  ASSERT_TRUE(has_born(ended));
  port->wait(1200ms);
  const FlowKey never{at(SmallHome::phone_v6, 1), at(SmallHome::server_v6, 2), protocol_udp};
  const auto samples = read({ended, alive, never});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].key, alive);
  ASSERT_TRUE(port->wait_until([&] { return port->gone.size() >= 2; }));
  EXPECT_TRUE(std::any_of(port->gone.begin(), port->gone.end(), [&](const FlowGone& flow) { return flow.key == ended; }));
  EXPECT_TRUE(std::any_of(port->gone.begin(), port->gone.end(), [&](const FlowGone& flow) { return flow.key == never; }));
}

TEST_F(Conntrack, TheCallMarkLeavesForeignBitsAlone) {
  open();
  for (const FlowKey& key : {talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 2, 2),
                             talk(SmallHome::phone_v6, SmallHome::server_v6, 40000, 2, 2)}) {
    ASSERT_TRUE(has_born(key));
    EXPECT_EQ(read({key}).at(0).mark, 0x00ab0033U);
    port->perform(MarkFlow{key, true});
    EXPECT_EQ(read({key}).at(0).mark, 0x01ab0033U);
    port->perform(MarkFlow{key, true});
    EXPECT_EQ(read({key}).at(0).mark, 0x01ab0033U);
    port->perform(MarkFlow{key, false});
    EXPECT_EQ(read({key}).at(0).mark, 0x00ab0033U);
  }
  // Neither is a flow made by marking one that has ended, nor does the error of it disturb the next reading.
  const FlowKey ended{at(SmallHome::phone_v4, 1), at(SmallHome::server_v4, 2), protocol_udp};
  port->perform(MarkFlow{ended, true});
  EXPECT_TRUE(read({ended}).empty());
}

TEST_F(Conntrack, AListingTellsFlowsOfBothFamiliesThatWereOpenBefore) {
  const FlowKey v4 = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 2, 2);
  const FlowKey v6 = talk(SmallHome::phone_v6, SmallHome::server_v6, 40000, 2, 2);
  open();
  port->wait(50ms);
  EXPECT_TRUE(port->born.empty());
  port->perform(ListFlows{});
  port->perform(ListFlows{});
  EXPECT_TRUE(has_born(v4, 2));
  EXPECT_TRUE(has_born(v6, 2));
  EXPECT_EQ(port->born.size(), 4U);
  EXPECT_FALSE(port->born.front().is_fresh);
  EXPECT_EQ(port->born.front().mark, 0x00ab0033U);
}

TEST_F(Conntrack, ALongListingTakesSeveralTurnsAndIsLimited) {
  {
    const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
    for (int i = 0; i < 3000; ++i) {
      phone.send(at(SmallHome::server_v4, static_cast<std::uint16_t>(20000 + i)), 1, 20);
    }
  }
  ConntrackLimits limits;
  limits.most_listed_flows = 2500;
  open({}, limits);
  port->perform(ListFlows{});
  EXPECT_TRUE(port->wait_until([&] { return port->born.size() >= 2500; }));
  port->wait(50ms);
  EXPECT_EQ(port->born.size(), 2500U);
  EXPECT_GE(port->wake_ups, 4);
}

TEST_F(Conntrack, ABurstBeyondTheBufferIsToldAndAListingFindsTheLivingFlow) {
  ConntrackLimits limits;
  limits.event_buffer_bytes = 16 * 1024;
  limits.largest_event_buffer_bytes = 32 * 1024;
  open({}, limits);
  port->perform(ListenForFlows{false});
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  for (int i = 0; i < 5000; ++i) {
    phone.send(at(SmallHome::server_v4, static_cast<std::uint16_t>(20000 + i)), 1, 20);
  }
  const FlowKey living = talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 3, 3);
  // The overflow wakes us although births don't.
  ASSERT_TRUE(port->wait_until([&] { return port->times_lost > 0; }));
  EXPECT_FALSE(port->born.empty());
  EXPECT_LT(port->born.size(), 5000U);
  EXPECT_EQ(read({living}).size(), 1U) << "known flows are read whatever the events do";
  port->born.clear();
  port->perform(ListFlows{});
  EXPECT_TRUE(has_born(living));
  EXPECT_TRUE(port->wait_until([&] { return port->born.size() >= 5001; }));
  EXPECT_EQ(port->times_lost, 1);
}

TEST_F(Conntrack, ABurstThatFitsTheBufferIsTakenWhole) {
  open();
  port->perform(ListenForFlows{false});
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  for (int i = 0; i < 5000; ++i) {
    phone.send(at(SmallHome::server_v4, static_cast<std::uint16_t>(20000 + i)), 1, 20);
  }
  port->wait(100ms);
  EXPECT_EQ(port->wake_ups, 0);
  port->perform(ReadCounters{});
  EXPECT_TRUE(port->wait_until([&] { return port->born.size() >= 5000; }));
  EXPECT_EQ(port->born.size(), 5000U);
  EXPECT_EQ(port->times_lost, 0);
  // And from then on it waits again.
  const int wake_ups = port->wake_ups;
  phone.send(at(SmallHome::server_v4, 30000), 1, 20);
  port->wait(100ms);
  EXPECT_EQ(port->wake_ups, wake_ups);
  port->perform(ListenForFlows{true});
  EXPECT_TRUE(port->wait_until([&] { return port->born.size() == 5001; }));
}

TEST_F(Conntrack, OnlyABirthThatWakesUsIsFresh) {
  open();
  port->perform(ListenForFlows{false});
  const FlowKey late = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 1, 0);
  port->wait(20ms);
  port->perform(ListenForFlows{true});
  ASSERT_TRUE(has_born(late));
  EXPECT_FALSE(port->born.back().is_fresh);
  ASSERT_TRUE(has_born(talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 1, 0)));
  EXPECT_TRUE(port->born.back().is_fresh);
}

TEST_F(Conntrack, AnEndIsAHintThatComesWithTheNextReading) {
  open();
  const FlowKey key = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 1, 0);
  ASSERT_TRUE(has_born(key));
  const int wake_ups = port->wake_ups;
  if (SmallHome::run(home.router, "conntrack -F 2>/dev/null") != 0) {
    GTEST_SKIP() << "needs the conntrack program";
  }
  port->wait(50ms);
  EXPECT_EQ(port->wake_ups, wake_ups) << "nobody is woken for an end";
  EXPECT_TRUE(port->gone.empty());
  port->perform(ListenForFlows{false});
  const FlowKey other = talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 1, 0);
  SmallHome::run(home.router, "conntrack -F 2>/dev/null");
  port->perform(ReadCounters{});
  ASSERT_TRUE(port->wait_until([&] { return !port->gone.empty(); }));
  EXPECT_EQ(port->gone.back().key, other);
  EXPECT_EQ(port->gone.back().conntrack_id, port->born.back().conntrack_id);
}

TEST_F(Conntrack, ManyFlowsAreReadInOneReading) {
  open();
  std::vector<FlowKey> keys;
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  const UdpSocket phone6(home.phone, at(SmallHome::phone_v6, 40000));
  for (int i = 0; i < 300; ++i) {
    const auto& [from, address, to] = i % 2 == 0 ? std::tuple(&phone, SmallHome::phone_v4, SmallHome::server_v4)
                                                 : std::tuple(&phone6, SmallHome::phone_v6, SmallHome::server_v6);
    keys.push_back({at(address, 40000), at(to, static_cast<std::uint16_t>(20000 + i)), protocol_udp});
    from->send(keys.back().server, i % 5 + 1, rtp);
  }
  const auto samples = read(keys);
  ASSERT_EQ(samples.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(samples[i].key, keys[i]);
    EXPECT_EQ(samples[i].up, packets(i % 5 + 1, rtp + (i % 2 == 0 ? header_v4 : header_v6)));
  }
}

TEST_F(Conntrack, SeveralReadingsOfOneTurnAreAllRight) {
  open();
  const FlowKey one = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 1, 0);
  const FlowKey two = talk(SmallHome::phone_v4, SmallHome::server_v4, 40002, 2, 0);
  for (int i = 0; i < 10; ++i) {
    port->perform(ReadCounters{std::vector{one}});
    port->perform(ReadCounters{std::vector{two, one}});
  }
  ASSERT_TRUE(port->wait_until([&] { return port->readings.size() == 20; }));
  for (std::size_t i = 0; i < 20; i += 2) {
    ASSERT_EQ(port->readings[i].size(), 1U);
    ASSERT_EQ(port->readings[i + 1].size(), 2U);
    EXPECT_EQ(port->readings[i][0].up->packets, 1U);
    EXPECT_EQ(port->readings[i + 1][0].up->packets, 2U);
  }
}

TEST_F(Conntrack, StrangersDoNotWakeUs) {
  open();
  const UdpSocket server(home.server, at(SmallHome::server_v4, 5000));
  server.send(at(SmallHome::router_v4, 5000), 3, rtp);
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 5353));
  phone.send(at("192.168.77.1", 53), 1, 50);
  port->wait(100ms);
  EXPECT_TRUE(port->born.empty());
  EXPECT_EQ(port->wake_ups, 0);
}

TEST_F(Conntrack, TcpIsSeenWhereTheDetectorCountsIt) {
  Settings settings;
  settings.detector.use = "threshold";
  settings.detector.threshold.udp_only = false;
  open(settings);
  {
    const test::Inside inside(home.phone);
    const UniqueFd tcp(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto local = test::to_sockaddr(at(SmallHome::phone_v4, 41000));
    const auto remote = test::to_sockaddr(at(SmallHome::server_v4, 5001));
    ASSERT_EQ(bind(tcp.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
    EXPECT_NE(connect(tcp.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote), 0) << "under way";
  }
  EXPECT_TRUE(has_born({at(SmallHome::phone_v4, 41000), at(SmallHome::server_v4, 5001), protocol_tcp}));
}

TEST_F(Conntrack, AccountingIsSwitchedOnAtTheStart) {
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

TEST_F(Conntrack, AccountingThatMayNotBeSwitchedOnIsBlindnessUntilSomebodyDoes) {
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

TEST_F(Conntrack, EventsThatAreOffLimitTheSight) {
  SmallHome::run(home.router, "echo 0 >/proc/sys/net/netfilter/nf_conntrack_events");
  open();
  ASSERT_TRUE(port->wait_until([&] { return port->sights.size() == 1; }));
  EXPECT_EQ(port->sights[0].sight, Sight::limited);
}

TEST_F(Conntrack, FollowsALanThatChanges) {
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

TEST_F(Conntrack, WithoutPrivilegeItSaysWhatItNeeds) {
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
