#include "commands/setup/propose_actuator.h"

#include <gtest/gtest.h>

#include "commands/setup/look.h"

namespace voip {
namespace {

std::vector<ActuatorFinding> ready(const std::vector<std::string>& names) {
  std::vector<ActuatorFinding> findings{{.name = "exec-of-others", .why_not = "not here"}};
  for (const std::string& name : names) {
    findings.push_back({.name = name});
  }
  return findings;
}

RateFinding rates(std::optional<std::uint32_t> upload, const std::string& why_not_learnt = "") {
  return {{upload, std::nullopt}, why_not_learnt};
}

TEST(ProposeActuator, WhatIsSetUpGoesBeforeWhatWouldBeNew) {
  EXPECT_EQ(propose_actuator(ready({"tc", "qos-scripts", "sqm-scripts"}), {}, rates(900), true).name, "sqm-scripts");
  EXPECT_EQ(propose_actuator(ready({"tc", "qos-scripts"}), {}, {}, true).name, "qos-scripts");
  EXPECT_EQ(propose_actuator(ready({"tc", "cake-rate", "sqm-scripts"}), {}, {}, true).name, "cake-rate");
  EXPECT_EQ(propose_actuator({{.name = "tc"}, {.name = "qosify", .why_not = "not installed"}}, {}, {}, true).name, "tc");
}

TEST(ProposeActuator, TcWantsNoRatesWhereTheyAreLearnt) {
  const ActuatorProposal learnt = propose_actuator(ready({"tc"}), {}, {}, false);
  EXPECT_EQ(learnt.name, "tc");
  EXPECT_NE(learnt.why.find("learnt"), std::string::npos);
  EXPECT_EQ(propose_actuator(ready({"tc"}), {}, rates(900), false).name, "tc");
  EXPECT_EQ(propose_actuator(ready({}), {}, rates(900), true).name, "none");
}

TEST(ProposeActuator, WhereTheyCannotBeLearntTcWantsRatesThatAreKnownOrCanBeAskedFor) {
  const std::string why = "needs CAP_NET_RAW";
  EXPECT_EQ(propose_actuator(ready({"tc"}), {}, rates({}, why), true).name, "tc");
  EXPECT_EQ(propose_actuator(ready({"tc"}), {}, rates(900, why), false).name, "tc");
  for (const auto unknown : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(0)}) {
    const ActuatorProposal none = propose_actuator(ready({"tc"}), {}, rates(unknown, why), false);
    EXPECT_EQ(none.name, "none");
    EXPECT_NE(none.why.find("upload_kbit"), std::string::npos);
    EXPECT_NE(none.why.find(why), std::string::npos);
  }
}

TEST(ProposeActuator, WhatIsConfiguredIsProposedAgain) {
  Settings now;
  now.qos.actuator = "exec";
  EXPECT_EQ(propose_actuator(ready({"sqm-scripts"}), now, {}, true).name, "exec");
}

TEST(ProposeActuator, RatesAreTakenFromWhatShapes) {
  const std::string sqm =
      "sqm.eth1=queue\nsqm.eth1.interface='eth1'\nsqm.eth1.upload='900'\nsqm.eth1.download='4500'\n"
      "sqm.@queue[1]=queue\nsqm.@queue[1].interface='pppoe-wan'\nsqm.@queue[1].upload='8000'\n";
  EXPECT_EQ(rates_of_sqm(sqm, "eth1"), (LineRates{900, 4500}));
  EXPECT_EQ(rates_of_sqm(sqm, "pppoe-wan"), (LineRates{8000, 0}));
  EXPECT_EQ(rates_of_sqm(sqm, "eth"), LineRates{});
  EXPECT_EQ(rates_of_sqm("", ""), LineRates{});
  EXPECT_EQ(rates_of_qos_scripts("qos.wan=interface\nqos.wan.upload='128'\nqos.wan.download='1024'\n", "wan"),
            (LineRates{128, 1024}));
  const std::string tc =
      "qdisc noqueue 0: dev lo root refcnt 2\n"
      "qdisc cake 8001: dev eth1 root refcnt 2 bandwidth 1500Kbit diffserv3 triple-isolate\n"
      "qdisc cake 8002: dev ifb4eth1 root refcnt 2 bandwidth 9.5Mbit besteffort\n"
      "qdisc cake 8003: dev eth9 root bandwidth unlimited\nqdisc\nqdisc cake\n";
  EXPECT_EQ(rates_of_cake(tc, "eth1"), (LineRates{1500, 9500}));
  EXPECT_EQ(rates_of_cake(tc, "eth9"), LineRates{});
  EXPECT_EQ(cake_rate_settings({1000, 10'000}).download_kbit, 8500U);
}

TEST(ProposeActuator, PeopleWriteRatesInSeveralWays) {
  EXPECT_EQ(parse_kbit("900"), 900U);
  EXPECT_EQ(parse_kbit("10M"), 10'000U);
  EXPECT_EQ(parse_kbit("10 Mbit/s"), 10'000U);
  EXPECT_EQ(parse_kbit("900 kbit"), 900U);
  for (const char* wrong : {"", "0", "12", "x", "10G", "1.5M", "-5", "99999999", "4294967297"}) {
    EXPECT_FALSE(parse_kbit(wrong)) << wrong;
  }
}

TEST(UciAdvice, TheServiceIsToldOfTheFileUnlessItKnowsIt) {
  const std::string file = "/etc/voip-qosd/voip-qosd.toml";
  EXPECT_EQ(uci_advice("", file), "");
  EXPECT_NE(uci_advice("config voip-qosd 'main'\n#\toption file '/etc/voip-qosd/voip-qosd.toml'\n", file)
                .find("uci set voip-qosd.main.file=" + file),
            std::string::npos);
  EXPECT_EQ(uci_advice("config voip-qosd 'main'\n\toption file '/etc/voip-qosd/voip-qosd.toml'\n", file), "");
  EXPECT_NE(uci_advice("config voip-qosd 'main'\n\toption file '/etc/other.toml'\n", file), "");
}

}  // namespace
}  // namespace voip
