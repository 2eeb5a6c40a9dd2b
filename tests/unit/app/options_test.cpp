#include "app/options.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

Options parse(std::vector<const char*> arguments) {
  return parse_options(arguments);
}

TextOptions text(std::vector<const char*> arguments) {
  const Options options = parse_options(arguments);
  if (!std::holds_alternative<TextOptions>(options)) {
    ADD_FAILURE() << arguments.front() << " was accepted";
    return {};
  }
  return std::get<TextOptions>(options);
}

TEST(Options, RunTakesAConfigurationOrTheDefault) {
  EXPECT_EQ(std::get<RunOptions>(parse({"run"})).config, std::nullopt);
  EXPECT_EQ(std::get<RunOptions>(parse({"run", "--config", "/tmp/x.toml"})).config, "/tmp/x.toml");
  EXPECT_EQ(std::get<CheckConfigOptions>(parse({"check-config", "--config=/tmp/x.toml"})).config, "/tmp/x.toml");
}

TEST(Options, StatusMayBeAskedForAsJson) {
  EXPECT_FALSE(std::get<StatusOptions>(parse({"status"})).as_json);
  const auto status = std::get<StatusOptions>(parse({"status", "--json", "--socket", "/tmp/s"}));
  EXPECT_TRUE(status.as_json);
  EXPECT_EQ(status.daemon.socket, "/tmp/s");
}

TEST(Options, WatchTakesAnInterval) {
  EXPECT_EQ(std::get<WatchOptions>(parse({"watch"})).interval, 1s);
  const auto watch = std::get<WatchOptions>(parse({"watch", "--interval", "100ms", "--socket", "/tmp/s"}));
  EXPECT_EQ(watch.interval, 100ms);
  EXPECT_EQ(watch.daemon.socket, "/tmp/s");
}

TEST(Options, DoctorMayBeAskedForJson) {
  EXPECT_FALSE(std::get<DoctorOptions>(parse({"doctor"})).as_json);
  const auto doctor = std::get<DoctorOptions>(parse({"doctor", "--json", "--config", "/tmp/x.toml"}));
  EXPECT_TRUE(doctor.as_json);
  EXPECT_EQ(doctor.config, "/tmp/x.toml");
}

TEST(Options, SetupAsksTakesOrUndoes) {
  const auto asks = std::get<SetupOptions>(parse({"setup"}));
  EXPECT_FALSE(asks.takes_what_is_found || asks.undoes || asks.config);
  EXPECT_TRUE(std::get<SetupOptions>(parse({"setup", "--yes", "--config", "/tmp/x.toml"})).takes_what_is_found);
  EXPECT_TRUE(std::get<SetupOptions>(parse({"setup", "--undo"})).undoes);
  EXPECT_EQ(text({"setup", "--yes", "--undo"}).exit_status, exit_usage);
}

TEST(Options, QosTakesAModeAndATimeLimit) {
  const auto on = std::get<QosOptions>(parse({"qos", "on", "--for", "30m"}));
  EXPECT_EQ(on.mode, Mode::on);
  EXPECT_EQ(on.time_limit, 30min);
  const auto automatic = std::get<QosOptions>(parse({"qos", "auto"}));
  EXPECT_EQ(automatic.mode, Mode::automatic);
  EXPECT_EQ(automatic.time_limit, std::nullopt);
}

TEST(Options, ASocketIsLentWithoutMore) {
  EXPECT_TRUE(std::holds_alternative<LendSocketOptions>(parse({"lend-socket"})));
  EXPECT_EQ(text({"lend-socket", "--config", "/tmp/x.toml"}).exit_status, exit_usage);
}

TEST(Options, ReplayTakesFilesAndAnInterval) {
  const auto replay = std::get<ReplayOptions>(parse({"replay", "--interval", "500ms", "a.jsonl", "-"}));
  EXPECT_EQ(replay.interval, 500ms);
  EXPECT_EQ(replay.files, (std::vector<std::string>{"a.jsonl", "-"}));
  EXPECT_EQ(std::get<ReplayOptions>(parse({"replay", "-"})).files, std::vector<std::string>{"-"});
}

TEST(Options, RecordMayBeLimitedAndMasked) {
  const auto plain = std::get<RecordOptions>(parse({"record"}));
  EXPECT_EQ(plain.output, "-");
  EXPECT_EQ(plain.time_limit, std::nullopt);
  EXPECT_FALSE(plain.masks_remote);
  const auto record = std::get<RecordOptions>(parse({"record", "--for", "2h", "--output", "a.jsonl", "--mask", "--mask-lan"}));
  EXPECT_EQ(record.time_limit, 2h);
  EXPECT_EQ(record.output, "a.jsonl");
  EXPECT_TRUE(record.masks_remote);
  EXPECT_TRUE(record.masks_lan);
}

TEST(Options, TuneTakesFilesAndMarkedCalls) {
  const auto tune = std::get<TuneOptions>(parse({"tune", "--call", "12-95.5", "--call", "200-230", "a.jsonl"}));
  EXPECT_EQ(tune.calls, (std::vector<MarkedCall>{{12s, 95'500ms}, {200s, 230s}}));
  EXPECT_EQ(tune.files, (std::vector<std::string>{"a.jsonl"}));
  EXPECT_EQ(std::get<TuneOptions>(parse({"tune", "a", "b"})).files.size(), 2U);
}

TEST(Options, ReportTakesDays) {
  const auto week = std::get<ReportOptions>(parse({"report"}));
  EXPECT_EQ(week.days, 7U);
  EXPECT_FALSE(week.as_json);
  const auto month = std::get<ReportOptions>(parse({"report", "--days", "30", "--json", "--config", "a.toml"}));
  EXPECT_EQ(month.days, 30U);
  EXPECT_TRUE(month.as_json);
  EXPECT_EQ(month.config, "a.toml");
}

TEST(Options, WrongUsageExitsWith2AndAHint) {
  const std::vector<std::vector<const char*>> wrong{
      {"run", "--confg", "x"},
      {"run", "extra"},
      {"qos"},
      {"qos", "maybe"},
      {"qos", "on", "--for", "30"},
      {"qos", "on", "--for", "0s"},
      {"qos", "auto", "--for", "30m"},
      {"record", "--for", "soon"},
      {"record", "file"},
      {"tune"},
      {"tune", "--call", "12", "a"},
      {"tune", "--call", "20-10", "a"},
      {"tune", "--call", "10-20", "a", "b"},
      {"report", "--days", "0"},
      {"report", "--days", "367"},
      {"report", "--days", "7d"},
      {"report", "today"},
      {"replay"},
      {"replay", "--interval", "fast", "a"},
      {"replay", "--interval", "0s", "a"},
      {"replay", "--interval", "99ms", "a"},
      {"check-config", "--config"},
      {"--wrong"},
      {"status", "run"},
      {"watch", "--interval", "50ms"},
      {"watch", "--interval", "2m"},
      {"watch", "--interval", "1"},
      {"doctor", "now"},
      {"help", "doctors"},
      {"help", "--man", "run"},
      {"help", "--man", "--completion", "bash"},
      {"help", "--completion", "tcsh"},
      {"status", "--json=yes"},
      {"status", "-x"},
      {"record", "--for", "3s", "--for", "4s"},
      {"doctor", "--json", "--json"},
      {"record", "--output", "-", "--output", "-"},
      {"qos", "on", "off"},
  };
  for (const auto& arguments : wrong) {
    const TextOptions answer = text(arguments);
    EXPECT_EQ(answer.exit_status, 2) << answer.text;
    EXPECT_TRUE(answer.text.starts_with("voip-qosd: ")) << answer.text;
    EXPECT_NE(answer.text.find("Try: voip-qosd help"), std::string::npos) << answer.text;
  }
  EXPECT_EQ(std::get<TextOptions>(parse_options({})).exit_status, 2);
  EXPECT_NE(text({"qos", "maybe"}).text.find("voip-qosd help qos"), std::string::npos);
}

TEST(Options, StandWhereverOneTypesThem) {
  const auto before = std::get<QosOptions>(parse({"qos", "--for", "30m", "on"}));
  const auto behind = std::get<QosOptions>(parse({"qos", "on", "--for=30m"}));
  EXPECT_EQ(before.time_limit, behind.time_limit);
  EXPECT_EQ(std::get<ReplayOptions>(parse({"replay", "a", "--explain", "b", "--", "--c"})).files,
            (std::vector<std::string>{"a", "b", "--c"}));
}

TEST(Options, StandThereEvenWherePosixWouldHaveThemFirst) {
  setenv("POSIXLY_CORRECT", "1", 1);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(std::get<QosOptions>(parse({"qos", "on", "--for", "30m"})).time_limit, 30min);
  unsetenv("POSIXLY_CORRECT");  // NOLINT(concurrency-mt-unsafe)
}

TEST(Options, AnEmptyValueIsNone) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> wrong{
      {{"qos", "on", "--for", ""}, "--for needs a value: DURATION"},
      {{"qos", "on", "--for="}, "--for needs a value: DURATION"},
      {{"watch", "--interval="}, "--interval needs a value: DURATION"},
      {{"status", "--socket", ""}, "--socket needs a value: FILE"},
      {{"run", "--config="}, "--config needs a value: FILE"},
      {{"replay", ""}, "FILE is missing"},
      {{"qos", ""}, "on|off|auto is missing"},
  };
  for (const auto& [arguments, problem] : wrong) {
    EXPECT_EQ(text(arguments).exit_status, 2);
    EXPECT_NE(text(arguments).text.find(problem), std::string::npos) << text(arguments).text;
  }
}

TEST(Options, WrongUsageSaysWhatIsWrong) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> wrong{
      {{"qos"}, "on|off|auto is missing"},
      {{"qos", "maybe"}, R"(expected "on", "off" or "auto", got "maybe")"},
      {{"qos", "on", "--for"}, "--for needs a value: DURATION"},
      {{"status", "--json=yes"}, "--json takes no value"},
      {{"status", "extra"}, "\"extra\" is not expected"},
      {{"record", "--for", "3s", "--for", "4s"}, "--for is given twice"},
      {{"status", "-x"}, "no option \"-x\" of \"status\""},
      {{"help", "--completion", "tcsh"}, R"(--completion: expected "bash", "zsh" or "fish", got "tcsh")"},
  };
  for (const auto& [arguments, problem] : wrong) {
    EXPECT_NE(text(arguments).text.find(problem), std::string::npos) << text(arguments).text;
  }
}

// What is suggested for wrong usage; empty where nothing is.
std::string suggestion(std::vector<const char*> arguments) {
  const TextOptions answer = text(std::move(arguments));
  EXPECT_EQ(answer.exit_status, 2) << answer.text;
  const std::string_view asked = "did you mean \"";
  const std::size_t begin = answer.text.find(asked);
  if (begin == std::string::npos) {
    return {};
  }
  return answer.text.substr(begin + asked.size(), answer.text.find('"', begin + asked.size()) - begin - asked.size());
}

TEST(Options, ANearCommandIsSuggested) {
  EXPECT_EQ(suggestion({"stat"}), "status");
  EXPECT_EQ(suggestion({"statsu"}), "status");
  EXPECT_EQ(suggestion({"watc"}), "watch");
  EXPECT_EQ(suggestion({"dcotor"}), "doctor");
  EXPECT_EQ(suggestion({"help", "dcotor"}), "doctor");
  for (const char* word : {"frobnicate", "logs", "on", ""}) {
    EXPECT_EQ(suggestion({word}), "") << word;
  }
  EXPECT_EQ(suggestion({"help", "frobnicate"}), "");
  EXPECT_NE(text({"help", "frobnicate"}).text.find("no command \"frobnicate\""), std::string::npos);
}

TEST(Options, ANearOptionIsSuggested) {
  EXPECT_EQ(suggestion({"run", "--confg", "x"}), "--config");
  EXPECT_EQ(suggestion({"replay", "--intervall=1s", "a"}), "--interval");
  EXPECT_EQ(suggestion({"status", "--jsn"}), "--json");
  EXPECT_EQ(suggestion({"status", "--mask"}), "") << "that is one of another command";
  EXPECT_EQ(suggestion({"--versoin"}), "--version");
  EXPECT_EQ(suggestion({"--config", "x", "run"}), "");
  EXPECT_NE(text({"--config", "x", "run"}).text.find("no option \"--config\" before the command"), std::string::npos);
  EXPECT_NE(text({"run", "--confg", "x"}).text.find("voip-qosd help run"), std::string::npos);
}

TEST(Options, TheProgramDescribesItself) {
  const TextOptions manual = text({"help", "--man"});
  EXPECT_EQ(manual.exit_status, 0);
  for (const char* part : {".SS mqtt\\-purge\n", "\\fBon\\fR|\\fBoff\\fR|\\fBauto\\fR", "[\\fB\\-\\-mask\\-lan\\fR]"}) {
    EXPECT_NE(manual.text.find(part), std::string::npos) << part;
  }
  EXPECT_NE(text({"help", "--completion", "bash"}).text.find("'qos 0') kind=words words='on off auto' ;;"), std::string::npos);
  EXPECT_NE(text({"help", "--completion", "zsh"}).text.find("#compdef voip-qosd"), std::string::npos);
  EXPECT_NE(text({"help", "--completion", "fish"}).text.find("-l mask-lan"), std::string::npos);
}

TEST(Options, HelpAndVersionArePrinted) {
  EXPECT_TRUE(text({"--version"}).text.starts_with("voip-qosd "));
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"--help"}, {"help"}}) {
    const TextOptions help = text(arguments);
    EXPECT_EQ(help.exit_status, 0);
    for (const char* command : {"run", "check-config", "status", "watch", "qos", "replay"}) {
      EXPECT_NE(help.text.find(command), std::string::npos) << command;
    }
  }
  EXPECT_NE(text({"help", "qos"}).text.find("--for"), std::string::npos);
  EXPECT_EQ(text({"help", "qos"}).text, text({"qos", "--help"}).text);
}

}  // namespace
}  // namespace voip
