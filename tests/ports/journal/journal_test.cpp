// What ends up in the log of that which the engine reports.
#include "ports/journal/journal.h"

#include <gtest/gtest.h>

#include <string>

#include "system/loop.h"

namespace voip {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Orders come over MQTT and over the control socket: the way does not matter here.
TEST(Journal, IsNotFilledByOrders) {
  auto loop = Loop::open();
  ASSERT_TRUE(loop.ok());
  const auto journal = make_journal();
  ASSERT_TRUE(journal->open(**loop).ok());
  testing::internal::CaptureStderr();
  Report report;
  for (int i = 0; i < 2'001; ++i) {
    report.mode = i % 2 == 0 ? Mode::automatic : Mode::on;
    journal->perform(ReportChanged{report});
    journal->perform(QosSwitched{.is_on = i % 2 != 0, .reason = Reason::manual});
  }
  journal->close();
  const std::string log = testing::internal::GetCapturedStderr();
  for (const char* line : {"mode is", "QoS is"}) {
    EXPECT_GE(count_of(log, line), 20U) << "a household's orders are all told";
    EXPECT_LE(count_of(log, line), 100U);
  }
  const std::size_t last = log.rfind("mode is auto (and 19");
  EXPECT_NE(last, std::string::npos) << "how it ended, and how much was left out: " << log.substr(log.size() - 500);
  EXPECT_EQ(log.find("mode is on", last), std::string::npos);
}

}  // namespace
}  // namespace voip
