#include "detectors/call_directions.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "detectors/call_score.h"

namespace voip::detectors {
namespace {

struct Sent {
  std::initializer_list<std::uint64_t> packets;  // the oldest quarter first, and over again
  std::uint64_t size = 0;
};

CallHistory history(const Sent& up, const Sent& down, std::size_t quarters) {
  CallHistory result;
  for (std::size_t i = 0; i < quarters; ++i) {
    result.begin();
    const std::uint64_t sent = *(up.packets.begin() + i % up.packets.size());
    const std::uint64_t heard = *(down.packets.begin() + i % down.packets.size());
    result.add(0, Direction::up, {sent, sent * up.size});
    result.add(0, Direction::down, {heard, heard * down.size});
  }
  return result;
}

TEST(CallDirections, SteadyRatesOfProgramsAreOfNoCodecIfBothHaveThem) {
  const Sent forty{{9, 11, 10, 8, 12, 10}, 76};
  const Sent thirty_six{{9, 8, 10, 9}, 64};
  const Sent twenty{{5}, 240};
  const Sent sixty{{15}, 70};
  EXPECT_TRUE(is_of_no_codec(history(forty, thirty_six, 12)));
  EXPECT_FALSE(is_of_no_codec(history(forty, {{9, 8, 10, 9}, 74}, 12))) << "it may be a codec that loses much";
  EXPECT_TRUE(is_of_no_codec(history(sixty, twenty, 12)));
  EXPECT_FALSE(is_of_no_codec(history(sixty, sixty, 12))) << "WebRTC's voice and feedback";
  EXPECT_FALSE(is_of_no_codec(history(forty, {{12, 13}, 200}, 12))) << "20 ms frames";
  EXPECT_FALSE(is_of_no_codec(history(forty, {{8, 9, 8}, 280}, 12))) << "30 ms frames";
  EXPECT_FALSE(is_of_no_codec(history(forty, thirty_six, 9))) << "too short";
  EXPECT_FALSE(is_of_no_codec(history({{2, 18, 4, 16, 10}, 76}, thirty_six, 12))) << "not steady";
  EXPECT_FALSE(is_of_no_codec(history({{0, 10}, 76}, thirty_six, 12))) << "it stops and goes";
  const Sent thirty{{8, 7}, 103};
  EXPECT_TRUE(is_of_no_codec(history(thirty, {{8, 7}, 72}, 12)));
  EXPECT_TRUE(is_of_no_codec(history({{15}, 58}, {{10}, 102}, 12)));
  EXPECT_TRUE(is_of_no_codec(history({{5}, 52}, {{6, 6, 6, 7}, 90}, 12))) << "25 packets a second speak for nothing";
  EXPECT_FALSE(is_of_no_codec(history({{5}, 52}, {{12, 13}, 90}, 12)));
  EXPECT_FALSE(is_of_no_codec(history({{4, 4, 4, 5}, 170}, {{4, 4, 4, 5}, 170}, 12))) << "60 ms frames";
  EXPECT_FALSE(is_of_no_codec(history({{16, 17}, 171}, {{7, 8}, 90}, 12))) << "voice with feedback, and feedback alone";
  EXPECT_FALSE(is_of_no_codec(history({{9}, 180}, {{9}, 120}, 12))) << "30 ms frames and feedback, both ways";
  EXPECT_TRUE(is_of_no_codec(history({{9}, 180}, {{9}, 90}, 12)));
  EXPECT_FALSE(is_of_no_codec(history({{8, 6, 9, 7, 8, 8, 8, 8, 5, 8, 8, 6}, 90}, {{8, 8, 9, 8}, 90}, 12)))
      << "30 ms frames, some of them lost";
  EXPECT_FALSE(is_of_no_codec(history({{11, 10, 13, 11, 12, 12, 11, 12, 9, 11, 12, 11}, 72}, {{11, 12, 10, 12}, 72}, 12)))
      << "20 ms frames, some of them lost";
  CallHistory blurred = history(forty, thirty_six, 12);
  blurred.blur(12);
  EXPECT_FALSE(is_of_no_codec(blurred));
}

TEST(CallDirections, RepliesFollowRequestsAndTheMediaOfACallNothing) {
  const Sent requests{{4, 15, 6, 11, 3, 9, 12, 5, 8}, 67};
  EXPECT_TRUE(is_following(history(requests, {{4, 14, 6, 11, 3, 9, 12, 5, 8}, 150}, 9)));
  EXPECT_FALSE(is_following(history(requests, {{9, 3, 13, 5, 11, 6, 8, 14, 4}, 150}, 9))) << "two speakers";
  const Sent begins{{1, 1, 1, 1, 16, 17, 16, 17, 16}, 170};
  EXPECT_FALSE(is_following(history(begins, {{1, 1, 1, 1, 17, 16, 17, 15, 17}, 190}, 9))) << "both begin at once";
}

// As of Firefox: 50 packets of voice and some 15 of feedback each way.
TEST(CallDirections, BothEndsOfACallWithFeedbackSendAsMuchAsEachOther) {
  const Sent ticking{{16}, 195};
  const Sent varying{{17, 19, 16, 18}, 195};
  EXPECT_TRUE(is_mirrored(history(ticking, varying, 8), 150));
  EXPECT_TRUE(is_mirrored(history({{13}, 150}, {{13}, 150}, 8), 150));
  EXPECT_FALSE(is_mirrored(history({{13}, 149}, {{13}, 150}, 8), 150));
  EXPECT_TRUE(is_mirrored(history({{13}, 80}, {{13}, 80}, 8), 80));
  EXPECT_FALSE(is_mirrored(history({{16}, 110}, ticking, 8), 150)) << "a game";
  EXPECT_FALSE(is_mirrored(history(ticking, {{16}, 110}, 8), 150)) << "a game";
  EXPECT_FALSE(is_mirrored(history(ticking, {{14}, 195}, 8), 150));
  EXPECT_FALSE(is_mirrored(history({{12, 13}, 195}, {{12, 13}, 195}, 8), 150)) << "a voice alone is known by its clock";
  EXPECT_FALSE(is_mirrored(history({{32}, 195}, {{32}, 195}, 8), 150)) << "no voice with feedback is as fast";
}

// A codec of 20 ms of which a fifth is lost has as many packets as a program with a clock of 25 ms.
TEST(CallDirections, WhatIsLostOfACodecIsNoProgramsRhythm) {
  const Sent lossy{{12, 7, 11, 10, 8, 12, 9, 11, 8, 12, 10, 10}, 120};
  const Sent even{{10}, 120};
  EXPECT_TRUE(is_thinned(history(lossy, even, 12), Direction::up));
  EXPECT_FALSE(is_thinned(history(lossy, even, 12), Direction::down));
  EXPECT_FALSE(is_thinned(history(lossy, {{10}, 160}, 12), Direction::up)) << "not of one codec";
  EXPECT_FALSE(is_thinned(history(lossy, {{0}, 0}, 12), Direction::up)) << "nothing to compare it with";
  EXPECT_FALSE(is_thinned(history(lossy, even, 9), Direction::up)) << "not for long enough";
  EXPECT_FALSE(is_of_no_codec(history(lossy, lossy, 12)));
  EXPECT_TRUE(is_of_no_codec(history(even, {{10, 9}, 90}, 12)));
}

TEST(CallDirections, OnlyWhatHasNoRhythmOfAGameIsVoiceWithFeedback) {
  const auto value = [](const Sent& both, PortHint hint) {
    CallScore score;
    score.begin(hint, CallThresholds::of(Sensitivity::normal));
    score.update(history(both, both, 8), 1, false);
    return score.value();
  };
  const Sent varying{{17, 19, 16, 18}, 200};
  EXPECT_GT(value(varying, PortHint::none), 0);
  EXPECT_EQ(value(varying, PortHint::weak), 0);
  EXPECT_EQ(value({{16}, 195}, PortHint::none), 0) << "it may be a game of two";
  EXPECT_LT(value({{16}, 110}, PortHint::none), 0);
  EXPECT_GT(value({{16}, 110}, PortHint::voip), 0) << "where games are rare";
  EXPECT_LE(value({{16}, 70}, PortHint::voip), 0) << "smaller than a voice with feedback";
}

TEST(CallDirections, ATinyPacketNowAndThenIsAnAcknowledgement) {
  const Sent clock{{12, 13}, 200};
  EXPECT_TRUE(is_acknowledged(history(clock, {{0, 0, 0, 0, 0, 1, 0, 0}, 40}, 8)));
  EXPECT_FALSE(is_acknowledged(history(clock, {{0, 1, 0, 0}, 40}, 4))) << "a call that begins";
  EXPECT_FALSE(is_acknowledged(history(clock, {{0}, 0}, 8))) << "nothing is heard";
  EXPECT_FALSE(is_acknowledged(history(clock, {{0, 0, 0, 1}, 130}, 8))) << "a report of a listener";
  EXPECT_FALSE(is_acknowledged(history(clock, {{1, 0, 1}, 44}, 8)));
}

TEST(CallDirections, ACameraIsWatchedByOneWhoReports) {
  const Sent video{{90, 97, 76, 104}, 870};
  EXPECT_TRUE(is_watched_camera(history(video, {{1, 0, 2, 1}, 148}, 8)));
  EXPECT_FALSE(is_watched_camera(history(video, {{0}, 0}, 8)));
  EXPECT_FALSE(is_watched_camera(history(video, {{45, 48, 38, 52}, 44}, 8))) << "acknowledgements of an upload";
  EXPECT_FALSE(is_watched_camera(history({{1, 0, 2, 1}, 148}, video, 8))) << "somebody else's camera";
}

}  // namespace
}  // namespace voip::detectors
