// The port under many flows: listings, bursts beyond its buffers, many readings at once, and strangers.
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

class ConntrackLoad : public test::ConntrackTest {};

TEST_F(ConntrackLoad, ALongListingTakesSeveralTurnsAndIsLimited) {
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

TEST_F(ConntrackLoad, ABurstBeyondTheBufferIsToldAndAListingFindsTheLivingFlow) {
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

TEST_F(ConntrackLoad, ABurstThatFitsTheBufferIsTakenWhole) {
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

TEST_F(ConntrackLoad, OnlyABirthThatWakesUsIsFresh) {
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

TEST_F(ConntrackLoad, AnEndIsAHintThatComesWithTheNextReading) {
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

TEST_F(ConntrackLoad, ManyFlowsAreReadInOneReading) {
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

TEST_F(ConntrackLoad, SeveralReadingsOfOneTurnAreAllRight) {
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

TEST_F(ConntrackLoad, StrangersDoNotWakeUs) {
  open();
  const UdpSocket server(home.server, at(SmallHome::server_v4, 5000));
  server.send(at(SmallHome::router_v4, 5000), 3, rtp);
  const UdpSocket phone(home.phone, at(SmallHome::phone_v4, 5353));
  phone.send(at("192.168.77.1", 53), 1, 50);
  port->wait(100ms);
  EXPECT_TRUE(port->born.empty());
  EXPECT_EQ(port->wake_ups, 0);
}

}  // namespace
}  // namespace voip
