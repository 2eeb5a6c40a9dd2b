#include "commands/doctor/setup.h"

#include "unit/commands/doctor/checks.h"

namespace voip {
namespace {

const Settings defaults;
RunningDaemon running(const std::function<void(SeenStatus&)>& change = nullptr) {
  RunningDaemon facts{.own_version = "1.2"};
  SeenStatus& status = facts.status.emplace();
  status.version = "1.2";
  status.is_on = false;
  status.mode = "auto";
  status.sight = "ok";
  status.calls_seen = 3;
  status.flows_seen = 40;
  if (change) {
    change(*facts.status);
  }
  return facts;
}

Checks judge(const RunningDaemon& facts, const Settings& settings = defaults, const Platform& platform = {}) {
  return judge_daemon(facts, settings, platform);
}

TEST(DoctorConfiguration, EachProblemIsAFailedCheckWithItsPlace) {
  EXPECT_TRUE(all_are_ok(judge_configuration({.file = "/etc/x.toml"})));
  EXPECT_NE(judge_configuration({.file = "/etc/x.toml", .exists = false}).front().seen.find("the defaults run"),
            std::string::npos);
  const Checks checks =
      judge_configuration({.file = "x.toml",
                           .exists = true,
                           .problems = {{"x.toml", 3, 7, "qos.wann: no such key"}, {"x.toml", 0, 0, "read it: no"}}});
  ASSERT_EQ(checks.size(), 2U);
  expect_check({checks[0]}, "configuration", CheckResult::failed, "x.toml:3:7: qos.wann", "voip-qosd check-config");
  expect_check({checks[1]}, "configuration", CheckResult::failed, "x.toml: read it", "--config FILE");
}

TEST(DoctorDaemon, AHealthyOneIsOkInEveryRespect) {
  const Checks checks = judge(running());
  EXPECT_TRUE(all_are_ok(checks));
  EXPECT_NE(one_of(checks, "daemon").seen.find("3 calls and 40 flows"), std::string::npos);
  for (const char* name : {"detector", "mode", "switching"}) {
    expect_ok(checks, name);
  }
}

TEST(DoctorDaemon, OneThatIsNotRunningIsToBeStarted) {
  const RunningDaemon facts{.own_version = "1.2", .not_running = "nobody answers on /run/x"};
  expect_check(judge(facts), "daemon", CheckResult::warning, "nobody answers on /run/x", "systemctl enable --now voip-qosd");
  expect_check(judge(facts, defaults, {.is_openwrt = true}), "daemon", CheckResult::warning, "not running",
               "/etc/init.d/voip-qosd start");
  Settings off;
  off.policy.mode = Mode::off;
  expect_check(judge(facts, off), "mode", CheckResult::note, "policy.mode is \"off\"", "policy.mode = \"auto\"");
}

TEST(DoctorDaemon, OneThatHangsHasFailedAndOneThatMustNotBeAskedHasNot) {
  RunningDaemon facts{.own_version = "1.2"};
  facts.no_answer = "ask the daemon on /run/x: no answer within 5 s";
  expect_check(judge(facts), "daemon", CheckResult::failed, "no answer within 5 s", "systemctl restart voip-qosd");
  facts.no_answer = "ask the daemon on /run/x: Permission denied; be root, or a member of control.group";
  expect_check(judge(facts), "daemon", CheckResult::note, "Permission denied", "root");
}

TEST(DoctorDaemon, AnOldOneThatStillRunsIsToBeRestarted) {
  RunningDaemon facts = running();
  facts.own_version = "1.3";
  expect_check(judge(facts), "daemon", CheckResult::warning, "version 1.2 runs, and this is 1.3", "restart voip-qosd");
}

TEST(DoctorDaemon, ItsSightItsModeAndItsComplaintAreTold) {
  expect_check(judge(running([](SeenStatus& s) {
                 s.sight = "blind";
                 s.sight_reason = "flows have no counters: run 'sysctl -w x=1'";
               })),
               "detector", CheckResult::failed, "blind: flows have no counters", "run 'sysctl -w x=1'");
  expect_check(judge(running([](SeenStatus& s) {
                 s.sight = "limited";
                 s.sight_reason = "conntrack events are off: run 'y'";
               })),
               "detector", CheckResult::warning, "limited", "run 'y'");
  expect_check(judge(running([](SeenStatus& s) {
                 s.mode = "off";
                 s.override_until = "2026-08-20T18:05:09Z";
               })),
               "mode", CheckResult::note, "off, for a while", "voip-qosd qos auto");
  expect_check(judge(running([](SeenStatus& s) { s.error = "switch QoS on with tc: another program shapes wan: stop it"; })),
               "switching", CheckResult::failed, "switch QoS on with tc: another program shapes wan", "stop it");
  expect_check(judge(running([](SeenStatus& s) { s.events_lost = 2; })), "overflow", CheckResult::note, "2 overflows",
               "kernel_events = \"candidates\"");
}

OwnFilesFacts good_files() {
  OwnFilesFacts facts{.daemon_runs = false,
                      .state_dir = {.exists = true, .is_writable = true},
                      .socket_dir = {.exists = true, .is_writable = true}};
  facts.year = 2026;
  return facts;
}

TEST(DoctorOwnFiles, PlacesThatCanBeWrittenToAreOk) {
  EXPECT_TRUE(all_are_ok(judge_own_files(good_files(), defaults)));
}

TEST(DoctorOwnFiles, PlacesThatCannotBeWrittenToAreTold) {
  OwnFilesFacts facts = good_files();
  facts.state_dir = {.exists = true, .is_writable = false, .reason = "/var: Read-only file system"};
  facts.socket_dir = {.exists = false, .is_writable = false, .reason = "/run: Permission denied"};
  Checks checks = judge_own_files(facts, defaults);
  expect_check(checks, "state_dir", CheckResult::warning, "Read-only file system", "set node.state_dir");
  expect_check(checks, "control", CheckResult::failed, "Permission denied", "set control.socket");
  facts.daemon_runs = true;
  expect_ok(judge_own_files(facts, defaults), "control");
  Settings far;
  far.control.socket = "/" + std::string(120, 'x');
  expect_check(judge_own_files(good_files(), far), "control", CheckResult::failed, "107 bytes", "shorter");
}

TEST(DoctorOwnFiles, ASecretThatOthersMayReadIsTold) {
  OwnFilesFacts facts = good_files();
  facts.secrets = 2;
  expect_ok(judge_own_files(facts, defaults), "secrets");
  facts.open_secrets = {"/etc/key.pem"};
  expect_check(judge_own_files(facts, defaults), "secrets", CheckResult::warning, "others may read /etc/key.pem",
               "chmod 600 /etc/key.pem");
}

TEST(DoctorOwnFiles, AClockThatWasNeverSetMattersMostForTls) {
  OwnFilesFacts facts = good_files();
  facts.year = 1970;
  expect_check(judge_own_files(facts, defaults), "clock", CheckResult::warning, "1970", "NTP");
  Settings encrypted;
  encrypted.mqtt.uri = {"mqtts://broker"};
  expect_check(judge_own_files(facts, encrypted), "clock", CheckResult::failed, "certificate", "NTP");
}

}  // namespace
}  // namespace voip
