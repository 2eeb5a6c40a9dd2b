#include "commands/doctor/broker.h"

#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

constexpr const char* first = "mqtt://127.0.0.1:1883";
constexpr const char* second = "mqtts://broker.lan:8883";

Settings with(std::vector<std::string> uris) {
  Settings settings;
  settings.mqtt.uri = std::move(uris);
  return settings;
}

Checks judge(const BrokerFacts& facts, const Settings& settings = with({first})) {
  return judge_brokers(facts, settings, {});
}

BrokerFacts accepted(std::map<std::string, std::string> retained = {}) {
  BrokerFacts facts;
  facts.trials = {{.uri = first, .retained = std::move(retained)}};
  return facts;
}

BrokerFacts failing(const std::string& why) {
  BrokerFacts facts;
  facts.trials = {{.uri = first, .why = why}};
  return facts;
}

TEST(DoctorBroker, OneThatAcceptsUsIsOk) {
  expect_ok(judge(accepted()), "broker");
  BrokerFacts facts = accepted({{"voip-qos/router/status", "online"}});
  facts.daemon_runs = facts.daemon_is_known = true;
  expect_ok(judge(facts), "broker");
  EXPECT_NE(judge(facts).front().seen.find("has the daemon's \"online\""), std::string::npos);
}

TEST(DoctorBroker, AnotherRouterOfOurNameIsTold) {
  BrokerFacts facts = accepted({{"voip-qos/router/status", "online"},
                                {"voip-qos/router/state", R"({"qos":"OFF","error":")" + twin_problem(with({first})) + "\"}"}});
  facts.daemon_runs = facts.daemon_is_known = true;
  expect_check(judge(facts), "broker", CheckResult::warning, "another router has the node id router too", "its own node.id");
}

TEST(DoctorBroker, NoneIsNoFault) {
  expect_check(judge({}, with({})), "broker", CheckResult::note, "no mqtt.uri", "");
  EXPECT_TRUE(judge_home_assistant({}, with({})).empty());
}

TEST(DoctorBroker, EachReasonHasItsFix) {
  const std::pair<const char*, const char*> reasons[] = {
      {"wrong user name or password", "mqtt.password_file"},
      {"connection refused: nobody listens on port 1883 there", "start the broker"},
      {"no address for the name b (DNS: Name or service not known)", "nslookup 127.0.0.1"},
      {"no answer from the name server within 8s", "/etc/resolv.conf"},
      {"no route to it (Network is unreachable)", "ip route get 127.0.0.1"},
      {"no answer from port 1883 there: it is off, or a firewall drops what we send", "nc -v 127.0.0.1 1883"},
      {"the broker's certificate has expired, or the clock is wrong", "openssl s_client -connect 127.0.0.1:1883"},
      {"somebody listens on port 1 there but does not answer as a broker does: it hangs, or TLS", "restart the broker"},
      {"TLS with the broker failed: x", "mqtts:// with it"},
      {"something new", "broker's log"},
  };
  for (const auto& [why, fix] : reasons) {
    expect_check(judge(failing(why)), "broker", CheckResult::failed, std::string(first) + ": " + why, fix);
  }
}

TEST(DoctorBroker, ANameIsNoAddressToAskTheRouteOf) {
  BrokerFacts facts;
  facts.trials = {{.uri = "mqtt://broker.lan", .why = "no route to it (Network is unreachable)"}};
  const Checks checks = judge(facts, with({"mqtt://broker.lan"}));
  EXPECT_EQ(checks.front().fix.find("route get broker"), std::string::npos) << checks.front().fix;
  EXPECT_NE(checks.front().fix.find("getent ahosts broker.lan"), std::string::npos) << checks.front().fix;
}

TEST(DoctorBroker, OneOfSeveralIsEnough) {
  BrokerFacts facts = failing("connection refused");
  facts.trials.push_back({.uri = second});
  const Checks checks = judge(facts, with({first, second}));
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].result, CheckResult::warning);
  EXPECT_EQ(checks[1].result, CheckResult::ok);
  facts.trials[1].why = "connection refused";
  for (const Check& check : judge(facts, with({first, second}))) {
    EXPECT_EQ(check.result, CheckResult::failed);
  }
}

TEST(DoctorBroker, WhatTheAccessListForbidsIsTold) {
  BrokerFacts facts = accepted();
  facts.trials[0].refused = {"subscribe to voip-qos/router/status (not authorised)"};
  facts.daemon_runs = facts.daemon_is_known = true;
  const Checks checks = judge(facts);
  expect_check(checks, "broker", CheckResult::warning, "forbids: subscribe to voip-qos/router/status", "integrations/mosquitto");
}

TEST(DoctorBroker, WhatItCannotDoIsTold) {
  BrokerFacts facts = accepted();
  facts.trials[0].lacks = {"keeps no retained messages: who comes later sees nothing"};
  facts.daemon_runs = facts.daemon_is_known = true;
  const Checks checks = judge(facts);
  ASSERT_EQ(checks.size(), 1U);  // nothing of an "online" that it does not keep
  expect_check(checks, "broker", CheckResult::warning, "accepts us, but it keeps no retained messages", "retain_available");
}

TEST(DoctorBroker, WhoIsOnlineIsComparedWithWhatRuns) {
  BrokerFacts facts = accepted({{"voip-qos/router/status", "online"}});
  facts.daemon_is_known = true;
  expect_check(judge(facts), "broker", CheckResult::warning, "another node of that id", "node.id");
  facts = accepted({{"voip-qos/router/status", "offline"}});
  facts.daemon_is_known = facts.daemon_runs = true;
  const Checks checks = judge(facts);
  ASSERT_EQ(checks.size(), 2U);
  expect_check({checks[1]}, "broker", CheckResult::warning, "it is not connected", "journalctl -u voip-qosd");
  facts.daemon_is_known = facts.daemon_runs = false;
  expect_ok(judge(facts), "broker");
}

TEST(DoctorBroker, APasswordInTheClearIsNoted) {
  Settings settings = with({"mqtt://192.168.1.2"});
  settings.mqtt.username = "router";
  settings.mqtt.password_file = "/etc/password";
  BrokerFacts facts;
  facts.trials = {{.uri = "mqtt://192.168.1.2"}};
  expect_check(judge(facts, settings), "broker", CheckResult::note, "readable over the network", "mqtts://");
}

TEST(DoctorBroker, SettingsThatCannotBeUsedAreTold) {
  BrokerFacts facts;
  facts.problem = "read mqtt.ca_file /etc/ca.pem: No such file or directory";
  expect_check(judge(facts), "broker", CheckResult::failed, "/etc/ca.pem", "No such file");
}

TEST(DoctorHomeAssistant, WhatTheBrokerKeepsOfItIsTold) {
  const Settings settings = with({first});
  expect_ok(judge_home_assistant(accepted(), settings), "home_assistant");
  expect_ok(judge_home_assistant(accepted({{"homeassistant/status", "online"}}), settings), "home_assistant");
  expect_check(judge_home_assistant(accepted({{"homeassistant/status", "offline"}}), settings), "home_assistant",
               CheckResult::warning, "not connected", "start it");
  expect_check(judge_home_assistant(failing("no route"), settings), "home_assistant", CheckResult::note, "not looked at", "");
  Settings off = settings;
  off.home_assistant.discovery = false;
  expect_check(judge_home_assistant(accepted(), off), "home_assistant", CheckResult::note, "discovery is off",
               "discovery = true");
  EXPECT_EQ(topics_of_interest(off), (std::vector<std::string>{"voip-qos/router/status", "voip-qos/router/state"}));
  EXPECT_EQ(topics_of_interest(settings).back(), "homeassistant/status");
}

}  // namespace
}  // namespace voip
