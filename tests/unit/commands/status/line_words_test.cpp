// What `status` and `watch` say behind "Line".
#include <gtest/gtest.h>

#include <map>

#include "commands/status/words.h"

namespace voip {
namespace {

constexpr const char* now = "2026-08-20T18:05:09Z";

SeenLine known() {
  return {.up_kbit = 9'800,
          .down_kbit = 48'200,
          .up_queue_ms = 0,
          .down_queue_ms = 12,
          .bottleneck = "none",
          .learnt = "2026-08-20T15:05:00Z",
          .blocker = ""};
}

std::string words_of(const SeenLine& line) {
  SeenStatus status;
  status.time = now;
  status.line = line;
  return to_text(line_words(status), Colour::plain);
}

TEST(LineWords, SayWhatTheLineCarriesAndWhatStandsInIt) {
  SeenLine line = known();
  EXPECT_EQ(words_of(line), "9.8 / 48 Mbit/s (up / down), learnt 3 h ago; up queue 0 ms, down queue 12 ms");
  line.up_queue_ms.reset();
  EXPECT_EQ(words_of(line), "9.8 / 48 Mbit/s (up / down), learnt 3 h ago; down queue 12 ms");
  line.down_queue_ms.reset();
  EXPECT_EQ(words_of(line), "9.8 / 48 Mbit/s (up / down), learnt 3 h ago");
}

TEST(LineWords, SayWhatIsNotKnown) {
  EXPECT_EQ(words_of({}), "not known yet");
  SeenLine line = known();
  line.down_kbit.reset();
  EXPECT_EQ(words_of(line), "up 9.8 Mbit/s, down not known yet; learnt 3 h ago; up queue 0 ms, down queue 12 ms");
  line.down_kbit = 48'200;
  line.up_kbit.reset();
  EXPECT_EQ(words_of(line), "up not known yet, down 48 Mbit/s; learnt 3 h ago; up queue 0 ms, down queue 12 ms");
  line.down_kbit.reset();
  line.up_queue_ms.reset();
  EXPECT_EQ(words_of(line), "not known yet; down queue 12 ms");
  line.up_calm_kbit = 200;
  line.down_calm_kbit = 12'000;
  EXPECT_EQ(words_of(line), "not known yet; 12 Mbit/s down passed without a queue; down queue 12 ms") << "200 kbit/s are none";
  line.up_calm_kbit = 3'000;
  EXPECT_EQ(words_of(line), "not known yet; 3.0 Mbit/s up and 12 Mbit/s down passed without a queue; down queue 12 ms");
  line.down_kbit = 48'200;
  EXPECT_EQ(words_of(line),
            "up not known yet, down 48 Mbit/s; learnt 3 h ago; 3.0 Mbit/s up passed without a queue; down queue 12 ms");
}

TEST(LineWords, AreNoneWhereTheDaemonSaysNothingOfTheLine) {
  EXPECT_TRUE(line_words(SeenStatus{}).empty());
}

TEST(LineWords, SayWhyTheLineIsNotLookedAt) {
  SeenLine line;
  line.blocker = "open a packet socket: Operation not permitted: needs CAP_NET_RAW";
  EXPECT_EQ(words_of(line), "not looked at: " + line.blocker);
  line = known();
  line.up_queue_ms = line.down_queue_ms = std::nullopt;
  line.blocker = "no WAN";
  EXPECT_EQ(words_of(line), "9.8 / 48 Mbit/s (up / down), learnt 3 h ago; not looked at: no WAN");
}

TEST(LineWords, SayWhereTheBottleneckIs) {
  for (const auto& [place, words] : std::map<std::string, std::string>{{"none", ""},
                                                                       {"unknown", ""},
                                                                       {"of another version", ""},
                                                                       {"upload", "; the upload is full"},
                                                                       {"download", "; the download is full"},
                                                                       {"home", "; the home is the bottleneck"},
                                                                       {"far_end", "; the far end is the bottleneck"}}) {
    SeenLine line = known();
    line.bottleneck = place;
    EXPECT_EQ(words_of(line), "9.8 / 48 Mbit/s (up / down), learnt 3 h ago" + words + "; up queue 0 ms, down queue 12 ms");
  }
}

TEST(LineWords, HaveTwoOrThreeDigitsOfARate) {
  const auto said = [](std::int64_t up, std::int64_t down) {
    SeenLine line;
    line.up_kbit = up;
    line.down_kbit = down;
    return words_of(line);
  };
  EXPECT_EQ(said(128, 994), "0.13 / 0.99 Mbit/s (up / down)");
  EXPECT_EQ(said(995, 9'949), "1.0 / 9.9 Mbit/s (up / down)");
  EXPECT_EQ(said(9'950, 95'600), "10 / 96 Mbit/s (up / down)");
  EXPECT_EQ(said(20'000, 940'000), "20 / 940 Mbit/s (up / down)");
}

TEST(LineWords, SayHowOldARateIs) {
  for (const auto& [learnt, words] : std::map<std::string, std::string>{{"2026-08-20T18:04:10Z", "learnt just now"},
                                                                        {"2026-08-20T18:04:09Z", "learnt 1 min ago"},
                                                                        {"2026-08-20T17:05:10Z", "learnt 59 min ago"},
                                                                        {"2026-08-20T17:05:09Z", "learnt 1 h ago"},
                                                                        {"2026-08-18T18:05:10Z", "learnt 47 h ago"},
                                                                        {"2026-08-18T18:05:09Z", "learnt 2 days ago"},
                                                                        {"2026-08-20T19:00:00Z", "learnt just now"}}) {
    SeenLine line = known();
    line.learnt = learnt;
    EXPECT_NE(words_of(line).find("(up / down), " + words + "; "), std::string::npos) << words_of(line);
  }
}

}  // namespace
}  // namespace voip
