// Whatever others wrote is one short line in the log and acts on no terminal.
#include "base/log.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace voip {
namespace {

std::string logged_to_stderr(const std::string& message) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(start_log(LogLevel::info, "stderr", "").ok());
  log_warning(message);
  return testing::internal::GetCapturedStderr();
}

std::string logged_to_file(const std::string& message) {
  const std::string file = testing::TempDir() + "voip_log_test.log";
  EXPECT_TRUE(start_log(LogLevel::info, "file", file).ok());
  log_warning(message);
  EXPECT_TRUE(start_log(LogLevel::info, "stderr", "").ok());
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  std::remove(file.c_str());
  return text;
}

TEST(Log, TakesOutWhatWouldActOnATerminal) {
  const std::string hostile = "topic \033[2J\u009b31m\u202e\n1970-01-01 error forged\r\a";
  for (const std::string& text : {logged_to_stderr(hostile), logged_to_file(hostile)}) {
    EXPECT_NE(text.find("topic \uFFFD[2J\uFFFD31m\uFFFD 1970-01-01 error forged \uFFFD\n"), std::string::npos) << text;
  }
}

TEST(Log, CutsALineThatIsTooLong) {
  for (const std::string& text : {logged_to_stderr(std::string(60'000, 'x')), logged_to_file(std::string(60'000, 'x'))}) {
    EXPECT_GT(text.size(), 1024U);
    EXPECT_LT(text.size(), 1200U);
    EXPECT_TRUE(text.ends_with("x\u2026\n"));
  }
}

}  // namespace
}  // namespace voip
