#include "unit/config/reading.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

using test::good;
using test::problem_in;
using test::problems_in;

TEST(Config, AnEmptyFileGivesTheDefaults) {
  EXPECT_EQ(good(""), Settings{});
}

TEST(Config, EveryKindOfValueIsRead) {
  const Settings settings = good(R"(
[node]
id = "home-1"
[monitor]
lan = ["192.168.1.0/24", "fd00::/64"]
interval = "500ms"
enable_accounting = false
[detector]
use = "threshold"
[detector.calls]
sensitivity = "high"
never_ports = [4500, 51820]
[detector.threshold]
kbit_per_s = 60
protocol = "any"
[policy]
mode = "off"
on_exit = "leave"
[qos]
call_mark = "0x10/0xf0"
queue_target = "30ms"
[qos.exec]
on = ["/bin/true", "on"]
[qos.qos-scripts]
start = "/usr/bin/qos-start"
[home_assistant]
style = "entity"
)");
  EXPECT_EQ(settings.node.id, "home-1");
  EXPECT_EQ(settings.monitor.lan, (std::vector{*IpPrefix::parse("192.168.1.0/24"), *IpPrefix::parse("fd00::/64")}));
  EXPECT_EQ(settings.monitor.interval, 500ms);
  EXPECT_FALSE(settings.monitor.enable_accounting);
  EXPECT_EQ(settings.detector.use, "threshold");
  EXPECT_EQ(settings.detector.calls.sensitivity, Sensitivity::high);
  EXPECT_EQ(settings.detector.calls.never_ports, (std::vector<std::uint16_t>{4500, 51820}));
  EXPECT_EQ(settings.detector.threshold.kbit_per_s, 60U);
  EXPECT_FALSE(settings.detector.threshold.udp_only);
  EXPECT_EQ(settings.policy.mode, Mode::off);
  EXPECT_EQ(settings.policy.on_exit, OnExit::leave);
  EXPECT_EQ(settings.qos.call_mark, (MarkSettings{0x10, 0xf0}));
  EXPECT_EQ(settings.qos.queue_target, 30ms);
  EXPECT_EQ(settings.qos.exec.on, (std::vector<std::string>{"/bin/true", "on"}));
  EXPECT_EQ(settings.qos.qos_scripts.start, "/usr/bin/qos-start");
  EXPECT_FALSE(settings.home_assistant.device_style);
}

TEST(Config, DevicesAreReadInTheirOrder) {
  const Settings settings = good(R"(
[[device]]
name = "Kitchen phone"
address = "192.168.1.30"
role = "phone"
[[device]]
name = "Console"
mac = "00-11-22-AA-BB-CC"
role = "never"
[[device]]
name = "Office"
hostname = "office-pc"
)");
  ASSERT_EQ(settings.devices.size(), 3U);
  EXPECT_EQ(settings.devices[0].name, "Kitchen phone");
  EXPECT_EQ(settings.devices[0].address, IpPrefix::parse("192.168.1.30"));
  EXPECT_EQ(settings.devices[0].role, Role::phone);
  EXPECT_EQ(settings.devices[1].mac, "00:11:22:aa:bb:cc");
  EXPECT_EQ(settings.devices[1].role, Role::never);
  EXPECT_EQ(settings.devices[2].hostname, "office-pc");
  EXPECT_EQ(settings.devices[2].role, Role::any);
}

TEST(Config, OneBrokerOrSeveralMayBeGiven) {
  EXPECT_EQ(good("[mqtt]\nuri = \"mqtt://[fd00::2]:1883\"").mqtt.uri, std::vector<std::string>{"mqtt://[fd00::2]:1883"});
  EXPECT_EQ(good("[mqtt]\nuri = [\"mqtts://a.example\", \"wss://b:443/mqtt\"]").mqtt.uri,
            (std::vector<std::string>{"mqtts://a.example", "wss://b:443/mqtt"}));
}

TEST(Config, EveryProblemIsToldAtOnceInTheOrderOfTheFile) {
  const auto found = problems_in(
      "[node]\n"
      "id = \"my router\"\n"
      "[monitor]\n"
      "intervall = \"1s\"\n"
      "fast_interval = 250\n"
      "[[device]]\n"
      "name = \"A\"\n"
      "address = \"192.168.1.300\"\n"
      "[qos]\n"
      "retries = \"3\"\n");
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0], "f:2:6: node.id: expected 1 to 64 letters a-z, A-Z, digits, \"_\" or \"-\", got \"my router\"");
  EXPECT_EQ(found[1], "f:4:1: unknown key \"intervall\" in [monitor]; did you mean \"interval\"?");
  EXPECT_EQ(found[2],
            "f:5:17: monitor.fast_interval: expected a duration like \"250ms\", \"30s\", \"5m\" or \"2h\", got a number without "
            "a unit");
  EXPECT_EQ(found[3],
            "f:8:11: device.address: expected an address like \"192.168.1.30\" or a network like \"192.168.1.0/24\", got "
            "\"192.168.1.300\"");
  EXPECT_EQ(found[4], "f:10:11: qos.retries: expected a whole number, got a text");
}

TEST(Config, ASyntaxErrorHasItsPlace) {
  EXPECT_TRUE(problem_in("[node]\nid = \n").starts_with("f:2:")) << problem_in("[node]\nid = \n");
  EXPECT_TRUE(problem_in("[node\n").starts_with("f:1:"));
  EXPECT_TRUE(problem_in("[node]\nid = \"a\"\nid = \"b\"\n").starts_with("f:3:"));
  EXPECT_TRUE(problem_in("[node]\nname = \"\xff\xfe\"\n").starts_with("f:2:"));
}

TEST(Config, WhatTheParserTakesForGrantedIsRefusedToo) {
  for (const char* text : {"[#", "[\xEF\xBB\xAF]",
                           "a\xEF\xBB\xAF"
                           "b = 1",
                           "a.# = 1", "a = {#"}) {
    EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(parse_settings(text, "t"))) << text;
  }
}

TEST(Config, UnknownKeysNameTheRightOne) {
  EXPECT_EQ(problem_in("[qos]\nrelease_after = \"5s\""),
            "f:2:1: unknown key \"release_after\" in [qos]; did you mean \"release_after\" in [policy]?");
  EXPECT_EQ(problem_in("[moniter]\n"), "f:1:2: unknown key \"moniter\" at the top of the file; did you mean \"monitor\"?");
  EXPECT_EQ(problem_in("[qos.qos_scripts]\nstart = \"x\""),
            "f:1:6: unknown key \"qos_scripts\" in [qos]; did you mean \"qos-scripts\"?");
  EXPECT_EQ(problem_in("[[device]]\nname = \"a\"\nip = \"1.2.3.4\"\nmac = \"00:11:22:33:44:55\""),
            "f:3:1: unknown key \"ip\" in [[device]]; did you mean \"mac\"?");
}

TEST(Config, WrongTypesAreRefused) {
  EXPECT_NE(problem_in("qos = 1").find("section of its own"), std::string::npos);
  EXPECT_NE(problem_in("[device]\nname = \"a\"").find("[[device]]"), std::string::npos);
  EXPECT_NE(problem_in("device = [1]").find("[[device]]"), std::string::npos);
  EXPECT_NE(problem_in("[monitor]\nenable_accounting = 1").find("expected true or false"), std::string::npos);
  EXPECT_NE(problem_in("[qos]\nretries = 3.0").find("expected a whole number"), std::string::npos);
  EXPECT_NE(problem_in("[qos.exec]\non = \"/bin/true\"").find("expected a list"), std::string::npos);
  EXPECT_NE(problem_in("[qos.exec]\non = [\"/bin/true\", 1]").find("expected a text"), std::string::npos);
  EXPECT_NE(problem_in("[node]\nname = 2020-01-01").find("got a date"), std::string::npos);
}

TEST(Config, ValuesOutOfRangeAreRefusedWithTheRange) {
  EXPECT_EQ(problem_in("[qos.tc]\nbulk_percent = 120"), "f:2:16: qos.tc.bulk_percent: must be from 5 to 95, got 120");
  EXPECT_EQ(problem_in("[qos]\nretries = -1"), "f:2:11: qos.retries: must be from 0 to 20, got -1");
  EXPECT_EQ(problem_in("[qos]\ntimeout = \"1h\""), "f:2:11: qos.timeout: must be from \"1s\" to \"10m\", got \"1h\"");
  EXPECT_NE(problem_in("[detector.calls]\nvoip_ports = [5060, 70000]").find("f:2:21:"), std::string::npos);
  EXPECT_NE(problem_in("[mqtt]\nversion = 4").find("5, or 3"), std::string::npos);
}

TEST(Config, UnknownWordsNameTheValidOnes) {
  EXPECT_EQ(problem_in("[detector.calls]\nsensitivity = \"hihg\""),
            "f:2:15: detector.calls.sensitivity: unknown word \"hihg\"; expected \"low\", \"normal\" or \"high\"");
  EXPECT_NE(problem_in("[qos]\nactuator = \"htb\"").find("\"none\""), std::string::npos);
  EXPECT_NE(problem_in("[detector]\nuse = \"magic\"").find("\"threshold\""), std::string::npos);
  EXPECT_NE(problem_in("[qos.tc]\ndrain = \"long\"").find("\"off\", \"fixed\" or \"measured\""), std::string::npos);
  EXPECT_NE(problem_in("[log]\nlevel = \"verbose\"").find("\"debug\""), std::string::npos);
}

TEST(Config, BadAddressesAreRefused) {
  EXPECT_NE(problem_in("[monitor]\nlan = [\"192.168.1.1/24\"]").find("did you mean \"192.168.1.0/24\"?"), std::string::npos);
  EXPECT_NE(problem_in("[monitor]\nlan = \"192.168.1.0/24\"").find("a list of networks"), std::string::npos);
  EXPECT_NE(problem_in("[monitor]\nlan = []").find("\"auto\""), std::string::npos);
  EXPECT_NE(problem_in("[monitor]\nlan = [\"192.168.1.0/33\"]").find("expected an address"), std::string::npos);
  for (const char* mac : {"00:11:22:33:44", "00:11:22:33:44:gg", "001122334455", "00:11:22:33:44:55:66", "00.11.22.33.44.55"}) {
    EXPECT_NE(problem_in("[[device]]\nname = \"a\"\nmac = \"" + std::string(mac) + "\"").find("hardware address"),
              std::string::npos)
        << mac;
  }
}

TEST(Config, BadBrokerAddressesAreRefused) {
  for (const char* uri :
       {"192.168.1.2", "tcp://a:1883", "mqtt://", "mqtt://:1883", "mqtt://a:0", "mqtt://a:99999", "mqtt://a:1883x", "mqtt://a b",
        "mqtt://[fd00::2:1883", "mqtt://[1.2.3.4]:1883", "mqtt://me:secret@a"}) {
    EXPECT_TRUE(problem_in("[mqtt]\nuri = \"" + std::string(uri) + "\"").starts_with("f:2:7: mqtt.uri: ")) << uri;
  }
}

TEST(Config, BadMarksAreRefused) {
  EXPECT_NE(problem_in("[qos]\ncall_mark = \"0x2/0x1\"").find("outside of its mask"), std::string::npos);
  EXPECT_NE(problem_in("[qos]\ncall_mark = \"0/0xff\"").find("must not be 0"), std::string::npos);
  EXPECT_NE(problem_in("[qos]\ncall_mark = \"one\"").find("value/mask"), std::string::npos);
  EXPECT_NE(problem_in("[qos]\ncall_mark = \"0x100000000/0x1\"").find("value/mask"), std::string::npos);
}

TEST(Config, BadTopicsAndPathsAreRefused) {
  for (const char* topic : {"", "a/#", "+/b", "/a", "a/", "$SYS"}) {
    EXPECT_TRUE(problem_in("[mqtt]\nresponse_topics = [\"a/b\", \"" + std::string(topic) + "\"]")
                    .starts_with("f:2:19: mqtt.response_topics: "))
        << topic;
    EXPECT_TRUE(problem_in("[mqtt]\nbase_topic = \"" + std::string(topic) + "\"").starts_with("f:2:14: mqtt.base_topic: "))
        << topic;
  }
  EXPECT_NE(problem_in("[node]\nstate_dir = \"here\"").find("absolute path"), std::string::npos);
  EXPECT_NE(problem_in("[control]\nsocket = \"/" + std::string(110, 'x') + "\"").find("107 bytes"), std::string::npos);
  EXPECT_NE(problem_in("[qos]\nwan = \"eth0; reboot\"").find("network device"), std::string::npos);
  EXPECT_NE(problem_in("[qos.exec]\non = [\"qos\"]").find("absolute path"), std::string::npos);
  EXPECT_NE(problem_in("[qos.qos-scripts]\nstart = \"qos-start now\"").find("without arguments"), std::string::npos);
}

TEST(Config, DevicesNeedOneIdentityAndAName) {
  EXPECT_EQ(problem_in("[[device]]\nname = \"a\""),
            "f:1:1: a [[device]] needs exactly one of address, mac and hostname; this one has 0");
  EXPECT_NE(problem_in("[[device]]\nname = \"a\"\naddress = \"10.0.0.1\"\nhostname = \"a\"").find("has 2"), std::string::npos);
  EXPECT_NE(problem_in("[[device]]\nhostname = \"a\"").find("needs a name"), std::string::npos);
}

TEST(Config, DuplicateDevicesAreRefused) {
  const std::string first = "[[device]]\nname = \"A\"\naddress = \"10.0.0.1\"\n";
  EXPECT_EQ(problem_in(first + "[[device]]\nname = \"a\"\naddress = \"10.0.0.2\""),
            "f:5:8: another [[device]] has the same name \"a\"");
  EXPECT_EQ(problem_in(first + "[[device]]\nname = \"b\"\naddress = \"10.0.0.1/32\""),
            "f:6:11: another [[device]] has the same address \"10.0.0.1\"");
  EXPECT_NE(
      problem_in("[[device]]\nname = \"a\"\nmac = \"00:11:22:33:44:AA\"\n[[device]]\nname = \"b\"\nmac = \"00-11-22-33-44-aa\"")
          .find("same mac"),
      std::string::npos);
  EXPECT_NE(problem_in("[[device]]\nname = \"a\"\nhostname = \"Pc\"\n[[device]]\nname = \"b\"\nhostname = \"pc\"")
                .find("same hostname"),
            std::string::npos);
}

TEST(Config, ContradictionsAreRefused) {
  EXPECT_NE(problem_in("[qos]\nactuator = \"tc\"\n[qos.tc]\nupload_kbit = 0\ndownload_kbit = 0").find("nothing to shape"),
            std::string::npos);
  EXPECT_NE(problem_in("[qos]\nactuator = \"exec\"").find("[qos.exec]"), std::string::npos);
  EXPECT_NE(problem_in("[qos]\nactuator = \"cake-rate\"").find("[qos.cake-rate]"), std::string::npos);
  EXPECT_TRUE(good("[qos]\nactuator = \"cake-rate\"\n[qos.cake-rate]\nupload_kbit = \"auto\"").qos.cake_rate.upload_is_auto);
  EXPECT_NE(problem_in("[qos.cake-rate]\nupload_kbit = 900\nidle_upload_kbit = 930").find("at least 6 %"), std::string::npos);
  EXPECT_NE(problem_in("[qos.qos-scripts]\nstop = \"/etc/init.d/qos\"").find("cannot switch"), std::string::npos);
  EXPECT_NE(problem_in("[monitor]\ninterval = \"1s\"\nfast_interval = \"2s\"").find("f:3:17:"), std::string::npos);
  EXPECT_NE(problem_in("[policy]\nmin_on = \"10m\"\nmax_on = \"5m\"").find("policy.min_on"), std::string::npos);
  EXPECT_NE(problem_in("[detector.threshold]\npackets_per_s = 30\nkbit_per_s = 60").find("not both"), std::string::npos);
  EXPECT_NE(problem_in("[mqtt]\npassword_file = \"/etc/x\"").find("username"), std::string::npos);
  EXPECT_NE(problem_in("[mqtt]\nuri = \"mqtts://a\"\ncert_file = \"/etc/x\"").find("go together"), std::string::npos);
  EXPECT_NE(problem_in("[mqtt]\nuri = \"mqtt://a\"\nca_file = \"/etc/x\"").find("mqtts://"), std::string::npos);
  EXPECT_EQ(problem_in("[mqtt]\nuri = \"mqtts://a@b\"\nca_file = \"/etc/x\"").find("no mqtt.uri has such an address"),
            std::string::npos)
      << "it was told that the address is wrong";
  EXPECT_NE(problem_in("[qos.tc]\nbulk_percent = 20\ndrain_percent = 30").find("f:3:17:"), std::string::npos);
  EXPECT_EQ(problem_in("[qos.tc]\ndrain = \"measured\""),
            "f:2:9: qos.tc.drain \"measured\" does nothing with qos.actuator \"none\", which cannot drain the line; \"tc\" can");
  EXPECT_TRUE(problems_in("[qos]\nactuator = \"tc\"\n[qos.tc]\nupload_kbit = 900\ndrain = \"measured\"").empty());
}

TEST(Config, ComparesEveryNthCall) {
  const auto every = [](const std::string& words) {
    const LoadedSettings loaded = parse_settings("[policy]\ncompare = \"" + words + "\"", "file");
    const auto* settings = std::get_if<Settings>(&loaded);
    return settings == nullptr ? 12'345 : settings->policy.compare_every;
  };
  EXPECT_EQ(every("off"), 0U);
  EXPECT_EQ(every("every 5th call"), 5U);
  EXPECT_EQ(every("every 2nd call"), 2U);
  EXPECT_EQ(every("every 100th call"), 100U);
  for (const char* wrong : {"", "on", "every call", "every 1st call", "every 101st call", "every 5 call", "every 5th",
                            "every th call", "every -5th call", "5th call", "every 5th call please"}) {
    EXPECT_EQ(every(wrong), 12'345U) << wrong;
  }
  EXPECT_NE(problem_in("[policy]\ncompare = \"on\"").find(R"(expected "off" or a text like "every 5th call")"),
            std::string::npos);
  EXPECT_NE(problem_in("[policy]\ncompare = 5").find("expected a text"), std::string::npos);
}

}  // namespace
}  // namespace voip
