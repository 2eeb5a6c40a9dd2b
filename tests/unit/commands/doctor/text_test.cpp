#include "commands/doctor/text.h"

#include <nlohmann/json.hpp>

#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

const Check fine{"wan", CheckResult::ok, "eth1 is up"};
const Check broken{"accounting", CheckResult::failed, "nf_conntrack_acct is 0", "sysctl -w a=1\nto keep it: echo"};

TEST(DoctorText, OneLineIsACheckAndTheFixStandsBelow) {
  EXPECT_EQ(check_text(fine, Colour::plain), "ok       wan             eth1 is up\n");
  EXPECT_EQ(check_text(broken, Colour::plain),
            "failed   accounting      nf_conntrack_acct is 0\n"
            "                         fix: sysctl -w a=1\n"
            "                              to keep it: echo\n");
}

TEST(DoctorText, ColourChangesNothingButTheWord) {
  const std::string coloured = check_text(broken, Colour::coloured);
  EXPECT_TRUE(coloured.starts_with("\033[31mfailed\033[0m   accounting      nf")) << coloured;
  EXPECT_EQ(check_text(fine, Colour::plain).find('\033'), std::string::npos);
}

TEST(DoctorText, WhatProgramsPrintCannotBreakTheLine) {
  const std::string text = check_text({"uci", CheckResult::failed, "it said\n\033[2Jx\r", "look\tthere"}, Colour::plain);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(DoctorText, ALongNameStaysApartFromWhatWasSeen) {
  EXPECT_NE(check_text({"a_very_long_name_of_it", CheckResult::ok, "seen"}, Colour::plain).find("of_it seen"), std::string::npos);
}

TEST(DoctorText, TheSummaryCountsWhatThereIs) {
  const Check doubtful{"a", CheckResult::warning, "b", "c"};
  EXPECT_EQ(summary_text({fine, fine, broken, doubtful, doubtful}, Colour::plain), "5 checks: 2 ok, 2 warnings, 1 failed\n");
  EXPECT_EQ(summary_text({fine}, Colour::plain), "1 check: 1 ok\n");
}

TEST(DoctorText, ProgramsGetAnArray) {
  const auto json = nlohmann::json::parse(checks_json({fine, broken}));
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0], nlohmann::json({{"check", "wan"}, {"result", "ok"}, {"seen", "eth1 is up"}, {"fix", nullptr}}));
  EXPECT_EQ(json[1]["result"], "failed");
  EXPECT_EQ(json[1]["fix"], broken.fix);
  EXPECT_EQ(nlohmann::json::parse(checks_json({{"a", CheckResult::ok, "\xff"}})).size(), 1U) << "any bytes are told somehow";
  EXPECT_EQ(checks_json({}), "[]\n");
}

TEST(DoctorText, AComplaintIsSplitIntoWhatIsWrongAndWhatToDo) {
  const auto split = [](std::string_view text) {
    const Complaint complaint = split_advice(text);
    return complaint.what + "|" + complaint.advice;
  };
  EXPECT_EQ(split("another program shapes wan (qdisc: tbf): stop it"), "another program shapes wan (qdisc: tbf)|stop it");
  EXPECT_EQ(split("there is no WAN now (no default route); set qos.wan"), "there is no WAN now (no default route)|set qos.wan");
  EXPECT_EQ(split("the device a:b does not exist"), "the device a:b does not exist|");
  EXPECT_EQ(split("smile :) and go: on"), "smile :) and go|on") << "a stray parenthesis hides nothing";
  EXPECT_EQ(split(""), "|");
  EXPECT_EQ(split(": "), "|");
}

}  // namespace
}  // namespace voip
