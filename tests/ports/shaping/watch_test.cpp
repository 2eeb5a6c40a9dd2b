// The real rtnetlink and nfnetlink, in a namespace of its own.
#include "ports/shaping/watch.h"

#include <gtest/gtest.h>

#include <memory>

#include "ports/loop_until.h"
#include "ports/private_network.h"

namespace voip {
namespace {

using test::loop_until;
using test::open_loop;
using test::PrivateNetwork;
using test::shell;

class ShapingWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!network_.is_there()) {
      GTEST_SKIP() << "needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace";
    }
    ASSERT_EQ(shell("ip link add wan type veth peer name isp && ip link set wan up"), "");
    loop_ = open_loop();
    ASSERT_TRUE(watch_.open(*loop_, [this] { ++touched_; }).ok());
    EXPECT_EQ(touched_after_a_while(), 0);
  }

  bool is_touched(int times) {
    return loop_until(*loop_, 2s, [&](const Event&) { return touched_ == times; });
  }
  int touched_after_a_while() {
    loop_until(*loop_, 400ms, [](const Event&) { return false; });
    return touched_;
  }

  PrivateNetwork network_;
  std::unique_ptr<Loop> loop_;
  ShapingWatch watch_;
  int touched_ = 0;
};

TEST_F(ShapingWatchTest, ABurstOfChangesIsToldOnceAndOursNotAtAll) {
  ASSERT_EQ(shell("tc qdisc add dev wan root handle 5: htb; tc qdisc del dev wan root; ip link set wan down"), "");
  EXPECT_TRUE(is_touched(1));
  EXPECT_EQ(touched_after_a_while(), 1);

  ASSERT_EQ(shell("ip link del wan"), "");
  EXPECT_TRUE(is_touched(2)) << "an IFB goes without a word about its qdiscs";

  ASSERT_EQ(shell("ip link add wan type veth peer name isp"), "");
  watch_.forget();
  EXPECT_EQ(touched_after_a_while(), 2);
}

TEST_F(ShapingWatchTest, RulesThatAreTakenAwayAreTold) {
  ASSERT_EQ(shell("nft 'add table inet ours; add chain inet ours post { type filter hook postrouting priority -149; }; "
                  "add rule inet ours post counter'"),
            "");
  EXPECT_EQ(touched_after_a_while(), 0) << "what is added takes nothing away";
  int times = 0;
  for (const char* harm : {"nft flush chain inet ours post", "nft delete chain inet ours post", "nft delete table inet ours",
                           "nft add table inet other", "nft flush ruleset"}) {
    SCOPED_TRACE(harm);
    ASSERT_EQ(shell(harm), "");
    times += std::string(harm).find(" add ") == std::string::npos ? 1 : 0;
    EXPECT_TRUE(is_touched(times));
  }
  ASSERT_EQ(shell("nft add table inet ours; nft delete table inet ours"), "");
  watch_.forget();
  EXPECT_EQ(touched_after_a_while(), times) << "that was our own doing";
}

TEST_F(ShapingWatchTest, SetsThatProgramsFillWakeNobody) {
  ASSERT_EQ(shell("nft 'add table inet theirs; add set inet theirs seen { type ipv4_addr; }'"), "");
  touched_after_a_while();
  const std::uint64_t turns = loop_->turn();
  for (int i = 1; i < 30; ++i) {
    const std::string element = " inet theirs seen { 192.0.2." + std::to_string(i) + " }";
    ASSERT_EQ(shell("nft add element" + element + "; nft delete element" + element), "");
  }
  EXPECT_EQ(touched_after_a_while(), 0);
  EXPECT_LE(loop_->turn() - turns, 2U) << "the wait itself, and no more";
}

}  // namespace
}  // namespace voip
