// Actuator "qosify" with a stand-in for ubus that behaves like qosify.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "ports/file_world.h"
#include "ports/shaping/fixture.h"

namespace voip {
namespace {

const QosObserved is_on{Qos::on, ""};
const QosObserved is_off{Qos::off, ""};

class QosifySwitchTest : public test::QosSwitchFixture {
 protected:
  void SetUp() override {
    QosSwitchFixture::SetUp();
    if (IsSkipped()) {
      return;
    }
    world_.emplace("qosify");
    world_->write("how", "behaves");
    world_->write("links", "lo\nwan");
    world_->write("qdiscs", "wan cake 80010000 ffffffff\n");
    site_ = {.wan = "wan", .lan = {}, .phones = {}};
    read_shaping_ = [this] { return world_->read_files(); };
    open("qosify");
  }

  static Call call_to(const std::string& remote) {
    Call call;
    call.first_flow = {{*IpAddress::parse("192.168.1.5"), 4000}, {*IpAddress::parse(remote), 5000}, protocol_udp};
    return call;
  }
  // Addresses with their classes.
  [[nodiscard]] std::string entries() const {
    return test::shell("cut -d' ' -f1,2 " + (world_->folder() / "entries").string() + " | tr '\\n' ';'");
  }
  void let_end_in(const std::string& address, int seconds) const {
    const std::string file = (world_->folder() / "entries").string();
    test::shell("sed -i \"s/^\\(" + address + " voice\\) .*/\\1 $(($(date +%s) + " + std::to_string(seconds) + "))/\" " + file);
  }

  std::optional<test::FileWorld> world_;
};

TEST_F(QosifySwitchTest, WithoutItsCakeNothingIsBelieved) {
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  world_->write("qdiscs", "wan fq_codel 0 ffffffff\n");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("there is no CAKE at its root"), std::string::npos) << observe().problem;
  EXPECT_NE(switch_to(Qos::on).find("there is no CAKE at its root"), std::string::npos);
}

TEST_F(QosifySwitchTest, AClassThatItDoesNotHaveIsToldAtTheStartByAnOldOneToo) {
  for (const std::string how : {"behaves", "is_old"}) {
    world_->write("how", how);
    world_->write("uci", "qosify.voice=class\nqosify.wan=interface\n");
    settings_.qos.qosify.dscp = "vioce";
    open("qosify");
    testing::internal::CaptureStderr();
    EXPECT_EQ(observe(), is_off);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("qosify has no class vioce"), std::string::npos) << how;
    EXPECT_NE(remark_.find("qosify has no class vioce"), std::string::npos) << how;
  }
}

TEST_F(QosifySwitchTest, PutsTheFarEndOfACallIntoItsClassAndTakesItOutAgain) {
  EXPECT_EQ(observe(), is_off);
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(entries(), "203.0.113.9 voice;");
  EXPECT_EQ(observe(), is_on);
  port_->perform(CallEnded{call_to("203.0.113.9")});
  EXPECT_EQ(observe(), is_on) << "the release delay";
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(entries(), "");
  EXPECT_EQ(observe(), is_off);
}

TEST_F(QosifySwitchTest, TheLimitIsRenewedWhileTheCallLasts) {
  port_->perform(CallStarted{call_to("2001:db8::9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_FALSE(observe().needs_renewal);
  let_end_in("2001:db8::9", 30);
  EXPECT_EQ(observe(), (QosObserved{Qos::on, "", true}));
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_FALSE(observe().needs_renewal);
}

TEST_F(QosifySwitchTest, WithoutADaemonItForgetsByItself) {
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  let_end_in("203.0.113.9", 0);
  test::shell("ubus call qosify dump");
  EXPECT_EQ(entries(), "203.0.113.9 voice;") << "five minutes more, since there were packets";
  EXPECT_EQ(observe(), is_on);
  let_end_in("203.0.113.9", 0);
  test::shell("ubus call qosify dump");
  EXPECT_EQ(entries(), "");
}

TEST_F(QosifySwitchTest, ASecondCallIsWorthALookAndComesIn) {
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_TRUE(await<ShapingTouched>(1s));
  EXPECT_EQ(switch_to(Qos::on), "");
  port_->perform(CallStarted{call_to("198.51.100.7")});
  EXPECT_TRUE(await<ShapingTouched>(1s));
  EXPECT_EQ(observe(), (QosObserved{Qos::on, "", true}));
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(entries(), "203.0.113.9 voice;198.51.100.7 voice;");
  EXPECT_EQ(observe(), is_on);
}

TEST_F(QosifySwitchTest, AnEntryOfTheUsersOwnStays) {
  world_->write("entries", "203.0.113.9 voice -\n192.0.2.1 voice -");
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(observe(), is_off) << "it is not ours";
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(entries(), "203.0.113.9 voice;192.0.2.1 voice;");
  EXPECT_EQ(world_->text("runs"), "");
}

TEST_F(QosifySwitchTest, AnAddressThatAFileHasInAnotherClassGoesBackToIt) {
  world_->write("files", "203.0.113.9 bulk");
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(observe(), is_off);
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(entries(), "203.0.113.9 voice;");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(entries(), "");
  EXPECT_EQ(observe(), is_off);
}

TEST_F(QosifySwitchTest, ACodePointServesAsWellAsAClass) {
  settings_.qos.qosify.dscp = "46";
  open("qosify");
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_EQ(entries(), "203.0.113.9 EF;");
  EXPECT_EQ(observe(), is_on);
  EXPECT_EQ(switch_to(Qos::off), "");
  EXPECT_EQ(entries(), "");
}

TEST_F(QosifySwitchTest, AQosifyThatLiesIsFoundOut) {
  world_->write("how", "lies");
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  EXPECT_TRUE(observe().needs_renewal) << "which the engine takes for a failure after a switch";
}

TEST_F(QosifySwitchTest, AnUnknownClassAndAnAbsentQosifyAreToldInWords) {
  settings_.qos.qosify.dscp = "gold";
  open("qosify");
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_NE(switch_to(Qos::on).find("qosify has no class gold"), std::string::npos);
  world_->write("how", "is_old");
  EXPECT_TRUE(switch_to(Qos::on).ends_with("(Invalid argument)"));
  EXPECT_EQ(entries(), "");
  world_->write("how", "absent");
  EXPECT_NE(switch_to(Qos::on).find("qosify does not answer"), std::string::npos);
  EXPECT_EQ(observe(), is_off);
  world_->write("how", "behaves");
  site_.wan = "eth7";
  EXPECT_NE(switch_to(Qos::on).find("qosify does not shape eth7"), std::string::npos);
}

TEST_F(QosifySwitchTest, AQosifyThatGoesInACallIsAProblem) {
  port_->perform(CallStarted{call_to("203.0.113.9")});
  EXPECT_EQ(switch_to(Qos::on), "");
  world_->write("how", "absent");
  EXPECT_EQ(observe().qos, Qos::off);
  EXPECT_NE(observe().problem.find("does not answer any more"), std::string::npos) << observe().problem;
}

}  // namespace
}  // namespace voip
