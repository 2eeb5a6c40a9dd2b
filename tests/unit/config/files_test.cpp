// Files that the settings name, and the configuration itself.
#include "unit/config/reading.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace voip {
namespace {

using test::good;
using test::problem_in;
using test::problems_in;

class ConfigFiles : public testing::Test {
 protected:
  ConfigFiles() {
    std::string pattern = testing::TempDir() + "voip-config-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ConfigFiles() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  std::string folder_;
};

TEST_F(ConfigFiles, ThePasswordFileIsForTheDaemonAlone) {
  const auto text = [](const std::string& path) { return "[mqtt]\nusername = \"me\"\npassword_file = \"" + path + "\""; };
  EXPECT_EQ(good(text(write("closed", "secret")), NamedFiles::checked).mqtt.password_file, folder_ + "/closed");
  EXPECT_NE(problem_in(text(write("open", "secret", 0640)), NamedFiles::checked).find("chmod 600"), std::string::npos);
  EXPECT_NE(problem_in(text(folder_ + "/absent"), NamedFiles::checked).find("No such file"), std::string::npos);
  EXPECT_NE(problem_in(text(folder_), NamedFiles::checked).find("Is a directory"), std::string::npos);
  EXPECT_EQ(good(text(folder_ + "/absent")).mqtt.password_file, folder_ + "/absent") << "not looked at for a replay";
}

TEST_F(ConfigFiles, ACredentialIsFoundInItsDirectory) {
  const std::string text = "[mqtt]\nusername = \"me\"\npassword_file = \"mqtt-password\"";
  unsetenv("CREDENTIALS_DIRECTORY");
  const std::string name = "no-credential-of-a-service";
  EXPECT_NE(problem_in("[mqtt]\nusername = \"me\"\npassword_file = \"" + name + "\"", NamedFiles::checked)
                .find("LoadCredential=" + name + ":FILE"),
            std::string::npos);
  for (const NamedFiles named : {NamedFiles::but_credentials, NamedFiles::ignored}) {  // as check-config and status
    EXPECT_EQ(good(text, named).mqtt.password_file, "/run/credentials/voip-qosd.service/mqtt-password");
  }
  const std::string path = write("mqtt-password", "secret", 0444);
  setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_EQ(good(text, NamedFiles::checked).mqtt.password_file, path);
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(ConfigFiles, TheKeyIsForTheDaemonAloneToo) {
  const std::string certificate = write("certificate", "x", 0644);
  const auto text = [&](const std::string& key) {
    return "[mqtt]\nuri = \"mqtts://a\"\ncert_file = \"" + certificate + "\"\nkey_file = \"" + key + "\"";
  };
  EXPECT_TRUE(problems_in(text(write("closed-key", "x")), NamedFiles::checked).empty());
  EXPECT_NE(problem_in(text(write("open-key", "x", 0644)), NamedFiles::checked).find("mqtt.key_file: others may read"),
            std::string::npos);
}

TEST_F(ConfigFiles, WhatTheDaemonCannotUseIsToldBeforeItTries) {
  const auto problem = [](const std::string& text) { return problem_in(text, NamedFiles::checked); };
  EXPECT_EQ(problem("[control]\ngroup = \"nobody-knows\""),
            "f:2:9: control.group: there is no group \"nobody-knows\"; run: groupadd --system nobody-knows");
  const std::string file = write("file", "x");
  EXPECT_NE(problem("[control]\nsocket = \"" + file + "\"").find("no socket"), std::string::npos);
  EXPECT_NE(problem("[control]\nsocket = \"" + file + "/control.sock\"").find("is no directory"), std::string::npos);
  EXPECT_NE(problem("[log]\ntarget = \"file\"\nfile = \"" + folder_ + "\"").find("is a directory"), std::string::npos);
  EXPECT_TRUE(problems_in("[control]\ngroup = \"root\"\nsocket = \"" + folder_ +
                              "/new/control.sock\"\n[log]\ntarget = \"file\"\n" + "file = \"" + folder_ + "/new/log\"",
                          NamedFiles::checked)
                  .empty());
}

TEST_F(ConfigFiles, CommandsMustExist) {
  EXPECT_NE(problem_in("[qos.exec]\nobserve = [\"" + folder_ + "/absent\"]", NamedFiles::checked).find("No such file"),
            std::string::npos);
}

TEST_F(ConfigFiles, CommandsMustBePrograms) {
  EXPECT_NE(problem_in("[qos.exec]\noff = [\"" + folder_ + "\"]", NamedFiles::checked).find("it is no program"),
            std::string::npos);
}

TEST_F(ConfigFiles, TheLogTakesThePlaceOfNothingElse) {
  const auto with_log = [](const std::string& path) { return "[log]\ntarget = \"file\"\nfile = \"" + path + "\"\n"; };
  const auto problem = [&](const std::string& path) { return problem_in(with_log(path), NamedFiles::checked); };
  ASSERT_EQ(mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_NE(problem(folder_ + "/pipe").find("no regular file"), std::string::npos);
  EXPECT_NE(problem("/dev/full").find("no regular file"), std::string::npos);
  const std::string socket = folder_ + "/new/control.sock";
  EXPECT_NE(problem_in(with_log(folder_ + "/./new/control.sock") + "[control]\nsocket = \"" + socket + "\"", NamedFiles::checked)
                .find("is control.socket"),
            std::string::npos);
  const std::string configuration = write("own.toml", with_log(folder_ + "/own.toml"));
  EXPECT_NE(to_string(std::get<std::vector<Problem>>(load_settings(configuration)).front()).find("is the configuration"),
            std::string::npos);
}

TEST_F(ConfigFiles, AFileThatCannotBeReadIsAProblem) {
  const auto first_problem = [](const std::string& path) {
    const LoadedSettings loaded = load_settings(path);
    return to_string(std::get<std::vector<Problem>>(loaded).front());
  };
  EXPECT_EQ(first_problem(folder_ + "/absent.toml"), folder_ + "/absent.toml: read the configuration: No such file or directory");
  EXPECT_EQ(first_problem(folder_), folder_ + ": read the configuration: Is a directory");
  // Opened without O_NONBLOCK it would wait for somebody who writes.
  ASSERT_EQ(mkfifo((folder_ + "/pipe.toml").c_str(), 0600), 0);
  EXPECT_EQ(first_problem(folder_ + "/pipe.toml"), folder_ + "/pipe.toml: read the configuration: it is no regular file");
  EXPECT_EQ(first_problem("/dev/zero"), "/dev/zero: read the configuration: it is no regular file");
  EXPECT_NE(first_problem(write("large.toml", std::string((1U << 20U) + 1, '\n'))).find("larger than 1 MiB"), std::string::npos);
  EXPECT_EQ(std::get<Settings>(load_settings(write("good.toml", "[node]\nid = \"x\"\n"))).node.id, "x");
}

}  // namespace
}  // namespace voip
