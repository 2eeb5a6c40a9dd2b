// The port against the real kernel: births, counters, ends, marks.
#include "ports/conntrack/fixture.h"

namespace voip {
namespace {

using test::at;
using test::header_v4;
using test::header_v6;
using test::packets;
using test::rtp;
using test::SmallHome;
using test::UdpSocket;

class Conntrack : public test::ConntrackTest {};

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
  const FlowKey key = talk_from_outside();
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

// ---- zones ----

// One zone for both directions, or one for the direction of each flow's opener alone.
void set_zone(const SmallHome& home, const std::string& how) {
  SmallHome::run(home.router,
                 "nft add table inet zones; nft add chain inet zones pre '{ type filter hook prerouting priority -300; }'; "
                 "nft add rule inet zones pre " +
                     how);
}

TEST_F(Conntrack, AFlowInAZoneIsReadAndMarked) {
  set_zone(home, "ct zone set 5");
  open();
  for (const char* const to : {SmallHome::server_v4, SmallHome::server_v6}) {
    const bool is_v6 = to == SmallHome::server_v6;
    FlowKey key = talk(is_v6 ? SmallHome::phone_v6 : SmallHome::phone_v4, to, 40000, 10, 7);
    key.zone = 5;
    ASSERT_TRUE(has_born(key));
    const auto samples = read({key});
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].key, key);
    EXPECT_EQ(samples[0].up, packets(10, rtp + (is_v6 ? header_v6 : header_v4)));
    EXPECT_EQ(samples[0].down, packets(7, 100 + (is_v6 ? header_v6 : header_v4)));
    port->perform(MarkFlow{key, true});
    EXPECT_EQ(read({key}).at(0).mark, 0x01ab0033U);
  }
  EXPECT_TRUE(port->gone.empty());
}

TEST_F(Conntrack, AFlowWhoseOpenersDirectionAloneIsInAZoneIsRead) {
  set_zone(home, "ct original zone set 6");
  open();
  FlowKey key = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 10, 7);
  key.zone = 6;
  ASSERT_TRUE(has_born(key));
  EXPECT_EQ(read({key}).at(0).down, packets(7, 100 + header_v4));
  // Opened outside the key is the reply's tuple, which is in no zone.
  const FlowKey back = talk_from_outside();
  ASSERT_TRUE(has_born(back));
  EXPECT_EQ(read({back}).at(0).up, packets(4, 100 + header_v4));
}

TEST_F(Conntrack, TheSameTupleInTwoZonesIsTwoFlows) {
  set_zone(home, "ct zone set 5");
  open();
  const FlowKey first = talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 3, 3);
  SmallHome::run(home.router, "nft flush table inet zones; nft add rule inet zones pre ct zone set 7");
  talk(SmallHome::phone_v4, SmallHome::server_v4, 40000, 5, 5);
  FlowKey five = first;
  five.zone = 5;
  FlowKey seven = first;
  seven.zone = 7;
  ASSERT_TRUE(has_born(five));
  ASSERT_TRUE(has_born(seven));
  EXPECT_EQ(read({five}).at(0).up, packets(3, rtp + header_v4));
  EXPECT_EQ(read({seven}).at(0).up, packets(5, rtp + header_v4));
}

// ---- calls of the router itself ----

TEST_F(Conntrack, TheRoutersOwnCallsAreSeenWhereItHasSuch) {
  port = std::make_unique<test::WatchedPort>(make_conntrack({}, {}, []() -> Result<Lan> {
    return Lan(test::the_lan()->prefixes(), {*IpAddress::parse("192.168.77.1"), *IpAddress::parse(SmallHome::router_v4)}, true);
  }));
  ASSERT_TRUE(port->opened);
  const UdpSocket pbx(home.router, at(SmallHome::router_v4, 10000));
  const UdpSocket inner(home.router, at("192.168.77.1", 10002));
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  const UdpSocket server(home.server, at(SmallHome::server_v4, 10000));
  phone.send(at("192.168.77.1", 10002), 5, rtp);
  inner.answer(5, 5, 100);
  pbx.send(at(SmallHome::server_v4, 10000), 10, rtp);
  server.answer(10, 7, 100);
  const FlowKey key{at(SmallHome::router_v4, 10000), at(SmallHome::server_v4, 10000), protocol_udp};
  ASSERT_TRUE(has_born(key));
  EXPECT_EQ(port->born.size(), 1U) << "what stays in the house does not pass the line";
  const auto samples = read({key});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].up, packets(10, rtp + header_v4));
  EXPECT_EQ(samples[0].down, packets(7, 100 + header_v4));
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

}  // namespace
}  // namespace voip
