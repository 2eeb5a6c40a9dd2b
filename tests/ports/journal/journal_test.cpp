// What ends up in the log of that which the engine reports.
#include "ports/journal/journal.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
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

TEST(Journal, TellsTheKindOfACallThatIsOverWhereItIsKnown) {
  const auto journal = make_journal();
  Call call;
  call.device = "Kitchen phone";
  call.ended = call.started + 65s;
  testing::internal::CaptureStderr();
  journal->perform(CallEnded{call});
  call.kind = CallKind::video;
  journal->perform(CallEnded{call});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(" after 65s, 0 kbit/s up"), std::string::npos) << log;
  EXPECT_NE(log.find(" after 65s, video, 0 kbit/s up"), std::string::npos) << log;
}

LineChanged line_of(std::optional<std::uint32_t> up, std::optional<std::uint32_t> down) {
  LineState line;
  line.up.kbit = up;
  line.down.kbit = down;
  return {line};
}

TEST(Journal, TellsWhatTheLineCarriesWhenThatIsNews) {
  const auto journal = make_journal();
  const auto said = [&](const std::optional<std::uint32_t>& up, const std::optional<std::uint32_t>& down) {
    testing::internal::CaptureStderr();
    journal->perform(line_of(up, down));
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said({}, {}), "") << "nothing is known";
  EXPECT_NE(said(9'800, {}).find("[info] the line carries 9800 kbit/s up; down is not known"), std::string::npos);
  EXPECT_NE(said(9'800, 48'200).find("the line carries 9800 kbit/s up and 48200 down\n"), std::string::npos);
  EXPECT_EQ(said(9'800, 48'200), "");
  EXPECT_EQ(said(10'780, 43'380), "") << "a tenth is no news";
  EXPECT_EQ(said(8'820, 53'020), "") << "of what was told, not of what came before";
  EXPECT_NE(said(10'781, 48'200).find("the line carries 10781 kbit/s up and 48200 down\n"), std::string::npos);
  EXPECT_NE(said(10'781, 43'379).find("the line carries 10781 kbit/s up and 43379 down\n"), std::string::npos);
  EXPECT_EQ(said({}, 43'379), "") << "nothing has become known";
}

TEST(Journal, TellsOfTheDirectionThatIsKnownAlone) {
  const auto journal = make_journal();
  testing::internal::CaptureStderr();
  journal->perform(line_of({}, 48'200));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("the line carries 48200 kbit/s down; up is not known\n"), std::string::npos) << log;
}

}  // namespace
}  // namespace voip
