#include "detectors/call_grades.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace voip::detectors {
namespace {

// A history in which one direction carried these packets, the oldest quarter first, all of one size.
CallHistory quarters(std::initializer_list<std::uint64_t> packets, std::uint64_t size) {
  CallHistory history;
  for (const std::uint64_t count : packets) {
    history.begin();
    history.add(0, Direction::up, {count, count * size});
  }
  return history;
}

Grade graded(std::initializer_list<std::uint64_t> packets, std::uint64_t size) {
  return grade(quarters(packets, size), Direction::up);
}

TEST(CallGrades, SilenceIsAPauseAtFirstAndDeadAfterSixSeconds) {
  EXPECT_EQ(graded({}, 0), Grade::dead);
  EXPECT_EQ(graded({5, 0, 0, 0, 0, 0, 0, 0, 0}, 100), Grade::pause);
  CallHistory history = quarters({5}, 100);
  for (int i = 0; i < CallHistory::length; ++i) {
    history.begin();
  }
  EXPECT_EQ(grade(history, Direction::up), Grade::dead);
}

TEST(CallGrades, TwentyMillisecondFramesAreAClockFromTheSecondFullQuarterOn) {
  EXPECT_EQ(graded({5, 12}, 200), Grade::onset);
  EXPECT_EQ(graded({5, 12, 13}, 200), Grade::clock);
  EXPECT_EQ(graded({12, 13, 12, 13}, 60), Grade::clock);
}

TEST(CallGrades, ClocksWithHardlyAnyPayloadAreThin) {
  EXPECT_EQ(graded({12, 13, 12, 13}, 46), Grade::thin_clock);  // Codec2
  EXPECT_EQ(graded({12, 13, 12, 13}, 40), Grade::other);       // headers alone
  EXPECT_GT(points_of(Grade::thin_clock, Grade::thin_clock), 0);
  EXPECT_LT(points_of(Grade::thin_clock, Grade::rough), 0);
}

TEST(CallGrades, OtherFramesAreKnownOverASecond) {
  EXPECT_EQ(graded({25, 25, 25, 25}, 120), Grade::frame);  // 10 ms
  EXPECT_EQ(graded({8, 9, 8, 8}, 280), Grade::frame);      // 30 ms
  EXPECT_EQ(graded({6, 6, 7, 6}, 140), Grade::frame);      // 40 ms
  EXPECT_EQ(graded({4, 4, 5, 4}, 170), Grade::frame);      // 60 ms
  EXPECT_EQ(graded({12, 13, 12, 13}, 360), Grade::frame);  // 20 ms at 128 kbit/s
  EXPECT_EQ(graded({13, 12, 14, 13}, 400), Grade::frame);  // ... with RTCP
}

TEST(CallGrades, LongFramesOfG711AreFramesIfAllHaveOneSize) {
  EXPECT_EQ(graded({6, 6, 7, 6}, 360), Grade::frame);     // 40 ms
  EXPECT_EQ(graded({4, 4, 5, 4}, 520), Grade::frame);     // 60 ms
  EXPECT_EQ(graded({4, 4, 5, 4}, 700), Grade::snapshot);  // faster than G.711
  CallHistory history;
  for (const std::uint64_t size : {360, 380, 350, 365}) {
    history.begin();
    history.add(0, Direction::up, {6, 6 * size});
  }
  EXPECT_NE(grade(history, Direction::up), Grade::frame);
}

TEST(CallGrades, GamesHaveOtherClocks) {
  EXPECT_EQ(graded({15, 16, 16, 15}, 90), Grade::tick);  // 62.5 Hz
  EXPECT_EQ(graded({32, 32, 32, 32}, 90), Grade::tick);  // 128 Hz
  EXPECT_EQ(graded({15, 16, 16, 15}, 600), Grade::snapshot);
  EXPECT_EQ(graded({7, 8, 7, 8}, 90), Grade::step);  // 30 Hz
  EXPECT_LT(points_of(Grade::step, Grade::step), 0);
  EXPECT_NE(graded({17, 16, 17, 16}, 110), Grade::tick);  // WebRTC's voice and feedback
}

TEST(CallGrades, SlowTrafficOfOneSizeIsNoVoice) {
  EXPECT_EQ(graded({3, 2, 3, 2, 3, 2, 2, 2}, 104), Grade::loose);
  CallHistory history;
  for (const std::uint64_t size : {80, 300, 150, 240, 90, 330, 120, 260}) {
    history.begin();
    history.add(0, Direction::up, {2, 2 * size});
  }
  EXPECT_EQ(grade(history, Direction::up), Grade::low);
}

TEST(CallGrades, PayloadFasterThanG711IsNoVoice) {
  EXPECT_EQ(graded({20, 14, 19, 15}, 220), Grade::loose);
  EXPECT_EQ(graded({20, 14, 19, 15}, 300), Grade::rich);
  EXPECT_EQ(graded({50, 45, 52, 49}, 200), Grade::other);
}

TEST(CallGrades, VideoIsRichAndBulkIsNot) {
  EXPECT_EQ(graded({20, 4, 31, 12}, 900), Grade::rich);
  EXPECT_EQ(graded({100, 90, 120, 110}, 1400), Grade::other);
}

TEST(CallGrades, PacedVideoIsEvenForASecondAndASnapshotForLonger) {
  EXPECT_EQ(graded({14, 20, 12, 17, 15, 16, 15, 16}, 900), Grade::rich);
  EXPECT_EQ(graded({15, 16, 16, 15, 16, 15, 16, 16}, 900), Grade::snapshot);
}

TEST(CallGrades, VoiceAndVideoOnOneFlowAreRich) {
  EXPECT_EQ(graded({22, 25, 20, 24}, 280), Grade::rich);
  EXPECT_EQ(graded({8, 9, 8, 8}, 280), Grade::frame) << "30 ms of G.711";
}

// A reading of four seconds is spread evenly over its quarters.
TEST(CallGrades, VoiceThatIsHeldUpAndComesTogetherIsRough) {
  EXPECT_EQ(graded({12, 13, 12, 13, 0, 0, 0, 50, 0, 0, 0, 52, 0, 0}, 150), Grade::rough);
  EXPECT_NE(graded({12, 13, 12, 13, 0, 0, 0, 50, 0, 0, 0, 52, 0, 0}, 400), Grade::rough) << "larger than voice";
  EXPECT_NE(graded({12, 13, 12, 13, 0, 0, 0, 90, 0, 0, 0, 92, 0, 0}, 150), Grade::rough) << "more than a voice has";
  EXPECT_NE(graded({0, 0, 0, 50, 0, 0, 0, 52, 0, 0}, 150), Grade::rough) << "the first ones: a reply";
}

TEST(CallGrades, WhatWasReadAtOnceHasNoRhythm) {
  for (const std::uint64_t size : {90U, 600U}) {
    CallHistory history;
    for (int i = 0; i < 16; ++i) {
      history.begin();
      history.add(0, Direction::up, {15, 15 * size});
    }
    const bool is_small = size == 90;
    EXPECT_EQ(grade(history, Direction::up), is_small ? Grade::tick : Grade::snapshot);
    EXPECT_EQ(coarse_grade(history, Direction::up), is_small ? Grade::tick : Grade::snapshot);
    history.blur(16);
    EXPECT_EQ(grade(history, Direction::up), is_small ? Grade::rough : Grade::rich);
    EXPECT_EQ(coarse_grade(history, Direction::up), is_small ? Grade::voice : Grade::rich);
    for (int i = 0; i < 4; ++i) {
      history.begin();
      history.add(0, Direction::up, {15, 15 * size});
    }
    EXPECT_EQ(grade(history, Direction::up), is_small ? Grade::tick : Grade::snapshot) << "a second that was looked at";
  }
}

TEST(CallGrades, SecondsAreGradedByTheirSums) {
  EXPECT_EQ(coarse_grade(quarters({12, 13, 12, 13, 12, 13, 12, 13}, 200), Direction::up), Grade::clock);
  EXPECT_EQ(coarse_grade(quarters({4, 4, 4, 4, 4, 4, 4, 5}, 170), Direction::up), Grade::frame);
  EXPECT_EQ(coarse_grade(quarters({15, 16, 15, 16, 15, 16, 15, 16}, 90), Direction::up), Grade::tick);
}

TEST(CallGrades, PointsAreSymmetric) {
  for (std::size_t one = 0; one < grade_count; ++one) {
    for (std::size_t other = 0; other < grade_count; ++other) {
      EXPECT_EQ(points_of(static_cast<Grade>(one), static_cast<Grade>(other)),
                points_of(static_cast<Grade>(other), static_cast<Grade>(one)));
    }
  }
}

TEST(CallGrades, EveryGradeHasAName) {
  for (std::size_t grade = 0; grade < grade_count; ++grade) {
    EXPECT_FALSE(to_string(static_cast<Grade>(grade)).empty());
  }
}

}  // namespace
}  // namespace voip::detectors
