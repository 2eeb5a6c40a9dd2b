// Whatever others wrote is one short line in the log and acts on no terminal.
#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "base/unique_fd.h"

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

// Standard error leads to `to`, while this lives.
class StderrInto {
 public:
  explicit StderrInto(int to) : before_(dup(STDERR_FILENO)) { dup2(to, STDERR_FILENO); }
  StderrInto(const StderrInto&) = delete;
  StderrInto& operator=(const StderrInto&) = delete;
  ~StderrInto() {
    dup2(before_.get(), STDERR_FILENO);
    EXPECT_TRUE(start_log(LogLevel::info, "stderr", "").ok());
  }

 private:
  UniqueFd before_;
};

std::string all_from(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string text;
  std::array<char, 65536> piece{};
  for (ssize_t got = 0; (got = read(fd, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// Would stand still if it waited.
void expect_no_waiting(const std::array<int, 2>& ends) {
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  const StderrInto into(writer.get());
  ASSERT_TRUE(start_log(LogLevel::info, "stderr", "").ok());
  for (int number = 0; number < 2000; ++number) {
    log_warning(std::string(1000, 'x'));
  }
  EXPECT_EQ(fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0) << "others hold it too";
  EXPECT_EQ(all_from(reader.get()).find("could not be written"), std::string::npos);
  log_warning("read again");
  log_warning("and again");
  const std::string text = all_from(reader.get());
  EXPECT_NE(text.find(" lines of this log could not be written\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("could not be written"), text.rfind("could not be written")) << text;
  EXPECT_LT(text.find("could not be written"), text.find("read again\n"));
  EXPECT_LT(text.find("read again\n"), text.find("and again\n"));
}

TEST(Log, WaitsForNobodyWhoReadsItNoMore) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  expect_no_waiting(ends);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  expect_no_waiting(ends);
}

TEST(Log, OpensARegularFileOnly) {
  const std::string pipe = testing::TempDir() + "voip_log_test.pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(start_log(LogLevel::info, "file", pipe).error(), "open the log file " + pipe + ": it is no regular file");
  std::remove(pipe.c_str());
  EXPECT_FALSE(start_log(LogLevel::info, "file", "/dev/null").ok());
}

}  // namespace
}  // namespace voip
