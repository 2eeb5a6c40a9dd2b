// Counts every allocation of this program, to show that readings, births and marks need none once the buffers have grown.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "core/lan.h"
#include "counted_memory.h"
#include "ports/conntrack/conntrack.h"
#include "ports/conntrack/small_home.h"
#include "system/loop.h"

namespace voip {
namespace {

using test::at;
using test::SmallHome;

TEST(ConntrackAllocation, ReadingsBirthsAndMarksNeedNoMemory) {
  SmallHome home;
  if (const std::string why = home.start(); !why.empty()) {
    GTEST_SKIP() << why;
  }
  const test::Inside inside(home.router);
  const auto loop = std::move(Loop::open().value());
  const auto port = make_conntrack({}, {*IpPrefix::parse("192.168.77.0/24")});
  ASSERT_TRUE(port->open(*loop));
  for (const Instant begun = loop->now() + 1s; loop->now() < begun;) {
    loop->wait(begun);  // what the start began takes memory until it is over
  }
  const test::UdpSocket phone(home.phone, at(SmallHome::phone_v4, 40000));
  std::vector<FlowKey> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back({at(SmallHome::phone_v4, 40000), at(SmallHome::server_v4, static_cast<std::uint16_t>(20000 + i)), 17});
    phone.send(keys.back().server, 1, 20);
  }
  const Action read = ReadCounters{keys};
  const Action mark = MarkFlow{keys.front(), true};
  const Action wake = ListenForFlows{true};
  const Action wait = ListenForFlows{false};
  std::size_t samples = 0;
  std::size_t births = 0;
  std::uint64_t needed = 0;
  for (int round = 0; round < 200; ++round) {
    const Endpoint remote = at(SmallHome::server_v4, static_cast<std::uint16_t>(30000 + round));
    phone.send(remote, 1, 20);
    const std::uint64_t before = allocations;
    port->perform(round % 2 == 0 ? wake : wait);
    port->perform(read);
    port->perform(mark);
    for (const Event& event : loop->wait(loop->now() + 5ms)) {
      if (const auto* reading = std::get_if<CountersRead>(&event)) {
        samples += reading->samples.size();
      }
      births += std::holds_alternative<FlowBorn>(event) ? 1U : 0U;
    }
    needed += round < 20 ? 0 : allocations - before;  // the first rounds let the buffers grow
  }
  EXPECT_EQ(samples, 200U * keys.size());
  EXPECT_GE(births, 190U);
  EXPECT_EQ(needed, 0U);
  port->close();
}

}  // namespace
}  // namespace voip
