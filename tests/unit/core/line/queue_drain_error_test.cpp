// How far from the moment at which the modem's queue is empty the measured drain ends: over buffers, ways, and kinds of TCP.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/core/line/queue_simulation.h"

namespace voip {
namespace {

using test::QueueCase;
using test::QueueSimulation;

using Ways = std::vector<Duration>;

const std::vector<Ways> all_ways{{0ms, 0ms, 0ms, 0ms},
                                 {20ms, 20ms, 20ms, 20ms},
                                 {60ms, 60ms, 60ms, 60ms},
                                 {150ms, 150ms, 150ms, 150ms},
                                 {60ms},
                                 {150ms},
                                 {20ms, 20ms, 150ms, 150ms},
                                 {0ms, 20ms, 20ms, 60ms, 60ms, 60ms, 150ms, 150ms}};

std::string text_of(const QueueCase& line, const QueueSimulation::Outcome& seen) {
  std::string text = std::to_string(line.line_kbit) + " kbit/s, " + std::to_string(line.buffer.count()) + " ms of buffer, ways";
  for (const Duration way : line.ways) {
    text += " " + std::to_string(way.count());
  }
  return text + (line.has_timestamps ? "" : ", no timestamps") + ": drained for " + std::to_string(seen.drained.count()) +
         " instead of " + std::to_string(seen.needed.count()) + " ms";
}

// Fifteen per cent, or so much more or less.
void expect_near(const QueueCase& line, const QueueSimulation::Outcome& seen, Duration tolerance) {
  EXPECT_LE(std::max(seen.error(), -seen.error()), std::max(tolerance, seen.needed * 15 / 100)) << text_of(line, seen);
}

// Each buffer, with each set of ways, with and without timestamps.
std::vector<QueueCase> variants(QueueCase line) {
  std::vector<QueueCase> all;
  for (const Duration buffer : {100ms, 500ms, 1000ms, 2000ms}) {
    for (const Ways& ways : all_ways) {
      for (const bool has_timestamps : {true, false}) {
        line.buffer = buffer;
        line.ways = ways;
        line.has_timestamps = has_timestamps;
        all.push_back(line);
      }
    }
  }
  return all;
}

TEST(QueueDrainError, ItIsSmallAtTheFirstCallAndSmallerOnceTheWaysAreKnown) {
  for (const QueueCase& line : variants({})) {
    QueueSimulation home(line);
    // No more is known of a way at first than that most are short: of one of 150 ms half is taken for a queue.
    expect_near(line, home.call(), 165ms);
    for (int i = 0; i < 3; ++i) {
      expect_near(line, home.call(), 60ms);
    }
  }
}

TEST(QueueDrainError, ItIsSmallWheneverTheLookBegins) {
  for (const Duration watched : {200ms, 1000ms, 3000ms}) {
    for (const QueueCase& line : variants({.watched_before = watched})) {
      QueueSimulation home(line);
      expect_near(line, home.call(), 165ms);
      expect_near(line, home.call(), 65ms);
    }
  }
}

TEST(QueueDrainError, ItIsSmallWhileTheQueueStillGrows) {
  for (const Duration loaded : {700ms, 1500ms}) {
    for (const QueueCase& line : variants({.loaded_before = loaded})) {
      QueueSimulation home(line);
      expect_near(line, home.call(), 170ms);
      expect_near(line, home.call(), 150ms);
    }
  }
}

TEST(QueueDrainError, ItIsSmallOnFastLinesAndOnThoseThatAreNotAsSaid) {
  for (const QueueCase& rates :
       {QueueCase{.line_kbit = 5000, .said_kbit = 4750}, QueueCase{.line_kbit = 20'000, .said_kbit = 19'000},
        QueueCase{.line_kbit = 850}, QueueCase{.line_kbit = 1300}}) {
    for (const QueueCase& line : variants(rates)) {
      QueueSimulation home(line);
      expect_near(line, home.call(), 175ms);
      expect_near(line, home.call(), 110ms);
    }
  }
}

// On such lines a call is a third of all, and a packet takes 40 ms.
TEST(QueueDrainError, ItIsBoundedOnASlowLine) {
  for (const QueueCase& line : variants({.line_kbit = 300, .said_kbit = 290})) {
    QueueSimulation home(line);
    expect_near(line, home.call(), 270ms);
    expect_near(line, home.call(), 130ms);
  }
}

TEST(QueueDrainError, ALineThatIsNotFullIsHardlyHeldDownAndLaterNotAtAll) {
  for (QueueCase line : variants({})) {
    line.load_percent = 30;
    QueueSimulation home(line);
    const auto first = home.call();
    EXPECT_LE(first.drained, 180ms) << text_of(line, first);
    for (int i = 0; i < 3; ++i) {
      const auto later = home.call();
      EXPECT_TRUE(later.is_needless) << text_of(line, later);
    }
  }
}

TEST(QueueDrainError, AFullLineIsAlwaysDrained) {
  for (const QueueCase& line : variants({})) {
    QueueSimulation home(line);
    for (int i = 0; i < 3; ++i) {
      const auto seen = home.call();
      EXPECT_FALSE(seen.is_needless) << text_of(line, seen);
    }
  }
}

}  // namespace
}  // namespace voip
