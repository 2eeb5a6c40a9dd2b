#include "commands/setup/questions.h"

#include <gtest/gtest.h>

#include "unit/commands/setup/scripted.h"

namespace voip {
namespace {

const IpAddress laptop = *IpAddress::parse("192.168.1.40");

Interface device(std::string name, const std::string& address, unsigned length) {
  Interface interface;
  interface.name = std::move(name);
  interface.is_up = true;
  interface.addresses.push_back({*IpAddress::parse(address), IpPrefix(*IpAddress::parse(address), length)});
  return interface;
}

class SetupQuestions : public testing::Test {
 protected:
  SetupQuestions() {
    begin.network.interfaces = {device("wan", "192.0.2.2", 24), device("br-lan", "192.168.1.1", 24),
                                device("br-guest", "192.168.3.1", 24)};
    begin.network.routes = {"wan", "", {"wan"}};
    begin.network.network.wan = "wan";
    begin.hosts = {{.mac = "00:15:65:01:02:03", .name = "kitchen"},
                   {.mac = "00:04:13:01:02:03"},
                   {.mac = "02:00:00:00:00:01", .name = "laptop", .addresses = {laptop}}};
    looks.find_brokers = [this] { return brokers; };
    looks.try_broker = [this](const BrokerAnswer& broker) {
      tried.push_back(broker);
      const bool is_right = broker.username == "router" && broker.password == "right";
      return broker.uri == "mqtt://locked:1883" && !is_right
                 ? BrokerFinding{.uri = broker.uri, .why_not = "wrong user name or password", .wants_password = true}
             : broker.uri == "mqtt://dead:1883" ? BrokerFinding{.uri = broker.uri, .why_not = "connection refused"}
                                                : BrokerFinding{.uri = broker.uri};
    };
    looks.listen = [this](const Answers&) { return heard; };
    looks.look_at_actuators = [this](const Answers&) { return actuators; };
    actuators.all = {{.name = "tc"}, {.name = "qosify", .why_not = "not installed", .is_installed = false}};
  }

  // What comes of these answers, and of Enter for the questions before.
  std::optional<Answers> answer(std::deque<std::string> answers) {
    conversation.emplace(std::move(answers));
    return ask_all(begin, looks, *conversation);
  }

  SetupBegin begin;
  SetupLooks looks;
  std::vector<BrokerFinding> brokers{{.uri = "mqtt://localhost:1883", .why_not = "connection refused"}};
  std::vector<BrokerAnswer> tried;
  std::optional<std::vector<IpAddress>> heard{std::in_place};
  ActuatorFindings actuators;
  std::optional<Scripted> conversation;
};

TEST_F(SetupQuestions, EnterTakesWhatWasFound) {
  brokers = {{.uri = "mqtt://homeassistant:1883"}};
  actuators.all.push_back({.name = "sqm-scripts"});
  const auto answers = answer({"", "", "", "", ""});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(answers->wan, "auto");
  EXPECT_TRUE(answers->lan.empty());
  ASSERT_EQ(answers->new_devices.size(), 2U);
  EXPECT_EQ(answers->new_devices[0].name, "kitchen");
  EXPECT_EQ(answers->broker->uri, "mqtt://homeassistant:1883");
  EXPECT_EQ(answers->actuator, "sqm-scripts");
}

TEST_F(SetupQuestions, TheEndOfTheInputEndsAllOfThem) {
  for (std::size_t given = 0; given < 5; ++given) {
    EXPECT_FALSE(answer(std::deque<std::string>(given))) << given;
  }
  EXPECT_FALSE(answer({"", "", "", "", "tc", ""})) << "the rates are asked for, too";
}

TEST_F(SetupQuestions, OtherAnswersAreTakenByNumberOrName) {
  begin.network.routes.all = {"wan", "lte0"};
  const auto answers = answer({"2", "br-lan", "2", "none", "none"});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(answers->wan, "lte0");
  EXPECT_EQ(answers->lan, (std::vector<IpPrefix>{*IpPrefix::parse("192.168.1.0/24")}));
  ASSERT_EQ(answers->new_devices.size(), 1U);
  EXPECT_EQ(answers->new_devices[0].mac, "00:04:13:01:02:03");
  EXPECT_EQ(answers->broker->uri, "");
  EXPECT_EQ(answers->actuator, "none");
}

TEST_F(SetupQuestions, WhatIsNoAnswerIsAskedAgain) {
  const auto answers =
      answer({"no device", "eth9", "10.1.2.3/8", "10.0.0.0/8, br-guest", "7", "none", "mqtt://", "host:1884", "exec", "none"});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(conversation->unused(), 0U);
  EXPECT_EQ(answers->wan, "eth9");
  EXPECT_EQ(answers->lan, (std::vector<IpPrefix>{*IpPrefix::parse("10.0.0.0/8"), *IpPrefix::parse("192.168.3.0/24")}));
  EXPECT_TRUE(answers->new_devices.empty());
  EXPECT_EQ(answers->broker->uri, "mqtt://host:1884");
}

TEST_F(SetupQuestions, WhoIsHeardInACallIsATelephone) {
  heard = std::vector<IpAddress>{laptop};
  const auto answers = answer({"", "", "listen", "3", "", "none"});
  ASSERT_TRUE(answers) << conversation->said;
  ASSERT_EQ(answers->new_devices.size(), 1U);
  EXPECT_EQ(answers->new_devices[0].name, "laptop");
  EXPECT_TRUE(conversation->has_said("heard in a call"));
  heard->clear();
  ASSERT_TRUE(answer({"", "", "listen", "none", "", "none"}));
  EXPECT_TRUE(conversation->has_said("Nobody new was heard"));
  heard.reset();
  EXPECT_FALSE(answer({"", "", "listen", "none", "", "none"})) << "the input has ended meanwhile";
}

TEST_F(SetupQuestions, ABrokerWithAPasswordIsAskedForItUntilItIsRight) {
  const auto answers = answer({"", "", "none", "locked", "router", "wrong", "router", "right", "none"});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(answers->broker->uri, "mqtt://locked:1883");
  EXPECT_EQ(answers->broker->username, "router");
  EXPECT_EQ(answers->broker->password, "right");
  EXPECT_EQ(tried.size(), 3U);
  EXPECT_EQ(conversation->said.find("wrong\n"), std::string::npos) << "a password is never said";
  const auto without = answer({"", "", "none", "locked", "", "none"});
  ASSERT_TRUE(without);
  EXPECT_EQ(without->broker->uri, "");
}

TEST_F(SetupQuestions, ABrokerThatIsDownMayBeTakenAllTheSame) {
  const auto answers = answer({"", "", "none", "dead", "dead", "none"});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(answers->broker->uri, "mqtt://dead:1883");
}

TEST_F(SetupQuestions, ABrokerThatIsConfiguredStaysAsItIs) {
  begin.now.mqtt.uri = {"mqtt://a", "mqtt://b"};
  const auto answers = answer({"", "", "none", "", "none"});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_FALSE(answers->broker);
  EXPECT_TRUE(tried.empty());
}

TEST_F(SetupQuestions, EnterLeavesTheRatesToBeLearntAndNumbersSetThem) {
  auto answers = answer({"", "", "none", "", "", "", ""});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(answers->actuator, "tc");
  EXPECT_EQ(answers->rates, TcRates{});
  EXPECT_TRUE(conversation->has_said("until then no call is protected"));
  answers = answer({"", "", "none", "", "", "much", "10M", "50000"});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_EQ(answers->rates, (TcRates{10'000, 50'000}));
  answers = answer({"", "", "none", "", "", "auto", "0"});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->rates, (TcRates{std::nullopt, 0}));
  answers = answer({"", "", "none", "", "", "0", "0"});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->actuator, "none") << "nothing is left to shape";
  EXPECT_FALSE(answers->why_none.empty());
}

TEST_F(SetupQuestions, RatesThatAreSetUpAreTakenAndTheOtherDirectionIsLearnt) {
  actuators.rates.known = {900, 4500};
  auto answers = answer({"", "", "none", "", ""});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->rates, (TcRates{900, 4500}));
  actuators.rates.known = {900, std::nullopt};
  answers = answer({"", "", "none", "", ""});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->rates, (TcRates{900, std::nullopt}));
  actuators.rates.why_not_learnt = "needs CAP_NET_RAW";
  answers = answer({"", "", "none", "", ""});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->rates, (TcRates{900, 0}));
}

TEST_F(SetupQuestions, WhereNothingCanBeLearntItSaysSoAndAsksForRates) {
  actuators.rates.why_not_learnt = "needs CAP_NET_RAW";
  auto answers = answer({"", "", "none", "", "", "10M", ""});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_TRUE(conversation->has_said("cannot be learnt here (needs CAP_NET_RAW)"));
  EXPECT_EQ(answers->rates, (TcRates{10'000, 0}));
  answers = answer({"", "", "none", "", "", "", ""});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->actuator, "none");
  EXPECT_FALSE(answers->why_none.empty());
  begin.is_asked = false;
  answers = answer({"", "", "none", "", ""});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->actuator, "none");
  EXPECT_NE(answers->why_none.find("rates"), std::string::npos);
}

TEST_F(SetupQuestions, WithNobodyToAskNothingIsLeftOpen) {
  begin.is_asked = false;
  brokers = {{.uri = "mqtt://locked:1883", .why_not = "wrong user name or password", .wants_password = true}};
  const auto answers = answer({"", "", "", "", "", "", ""});
  ASSERT_TRUE(answers) << conversation->said;
  EXPECT_FALSE(answers->broker);
  EXPECT_EQ(answers->actuator, "tc");
  EXPECT_EQ(answers->rates, TcRates{}) << "they are learnt";
}

TEST(SetupAnswers, ChoicesAreNumbersOfTheList) {
  EXPECT_EQ(parse_choice("1, 3 3", 3), (std::vector<std::size_t>{1, 3}));
  for (const char* wrong : {"", "0", "4", "x", "1 x", "-1"}) {
    EXPECT_FALSE(parse_choice(wrong, 3)) << wrong;
  }
}

TEST(SetupAnswers, ABrokerIsANameAnAddressOrAUri) {
  EXPECT_EQ(parse_broker("homeassistant"), "mqtt://homeassistant:1883");
  EXPECT_EQ(parse_broker("192.168.1.2:1884"), "mqtt://192.168.1.2:1884");
  EXPECT_EQ(parse_broker("fd00::2"), "mqtt://[fd00::2]:1883");
  EXPECT_EQ(parse_broker("[fd00::2]"), "mqtt://[fd00::2]:1883");
  EXPECT_EQ(parse_broker("mqtts://host:8883"), "mqtts://host:8883");
  for (const char* wrong : {"", "mqtt://", "http://host", "u:p@host", "a b", "a\"b"}) {
    EXPECT_EQ(parse_broker(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace voip
