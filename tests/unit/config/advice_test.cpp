// What is said of a text that TOML does not understand.
#include "unit/config/reading.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

using test::problem_in;

TEST(Config, WhatTomlDoesNotUnderstandIsAnsweredWithWhatToWrite) {
  const auto ends_with = [](const std::string& text, const std::string& advice) {
    const std::string problem = problem_in(text);
    EXPECT_TRUE(problem.ends_with(advice)) << text << "\n" << problem;
  };
  ends_with("[node]\nid = \u201crouter\u201d\n", R"(; quotes must be straight; write: id = "router")");
  ends_with("[node]\nid = \u201erouter\u201c", R"(; quotes must be straight; write: id = "router")");
  ends_with("[node]\r\nid = \u2018router\u2019\r\n", "; quotes must be straight; write: id = 'router'");
  ends_with("[qos]\nactuator = tc\n", R"(; write: actuator = "tc")");
  ends_with("[qos]\nactuator = qos-scripts   # of OpenWrt\n[policy]\n", R"(; write: actuator = "qos-scripts")");
  ends_with("[policy]\nrelease_after = 10s", R"(; write: release_after = "10s")");
  ends_with("[monitor]\nlan = 192.168.1.0/24\n", R"(; write: lan = "192.168.1.0/24")");
  ends_with("[control]\nsocket = /run/x\n", R"(; write: socket = "/run/x")");
  ends_with("[mqtt]\ncommands = True\n", "; write: commands = true");
  ends_with("[qos.tc]\nupload_kbit = 950 kbit/s\n", "; write: upload_kbit = 950");
  EXPECT_EQ(problem_in("[qos.tc]\nupload_kbit = 10 mbit\n").find("write:"), std::string::npos);
  EXPECT_EQ(problem_in("[node]\nname = \"Bob\u2019s \\q\"").find("straight"), std::string::npos) << "they are right there";
}

TEST(Config, AFileInUtf16IsToldAsSuch) {
  for (const std::string_view text :
       {std::string_view("\xff\xfe[\0n\0", 6), std::string_view("\xfe\xff\0[", 4), std::string_view("[\0n\0", 4)}) {
    EXPECT_NE(problem_in(text).find("UTF-16"), std::string::npos);
  }
}

TEST(Config, NamesThatHaveNoEndAreRefusedWithTheirLine) {
  std::string name = "a";
  for (int i = 0; i < 50'000; ++i) {
    name += ".a";
  }
  std::string quoted = R"("a")";
  for (int i = 0; i < 64; ++i) {
    quoted += ".'a'";
  }
  for (const std::string& endless : {"[" + name + "]\n", name + " = 1\n", "x = { " + name + " = 1 }\n", quoted + ".b = 1\n",
                                     "x = \"\"\"\n\"\"\"\n" + name + " = 1", "x = \"\\\"\"\n" + name + " = 1"}) {
    EXPECT_NE(problem_in("# about\n" + endless).find("no setting has so many names"), std::string::npos) << endless.substr(0, 20);
  }
  const std::string dots(1000, '.');
  for (const std::string& text : {"# " + dots, "[node]\nname = \"" + dots + "\"", "[node]\nname = '" + dots + "'",
                                  "[node]\nname = '''\n" + dots + "'''", "[node]\nname = \"\"\"\\\n" + dots + "\"\"\""}) {
    for (const std::string& problem : test::problems_in(text)) {
      EXPECT_EQ(problem.find("no setting has so many names"), std::string::npos) << text.substr(0, 30);
    }
  }
}

TEST(Config, AnAddressWithAnInterfaceIsRefusedAsSuch) {
  EXPECT_NE(problem_in("[mqtt]\nuri = \"mqtt://[fe80::1%br-lan]:1883\"").find("with an interface"), std::string::npos);
}

}  // namespace
}  // namespace voip
