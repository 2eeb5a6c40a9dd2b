// From one status to the next: what is worth a line, and what is not.
#include "commands/status/watch_changes.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

constexpr const char* flow_name = "udp 192.168.1.30:40000 - 203.0.113.9:3478";

SeenStatus idle() {
  SeenStatus status;
  status.time = "2026-08-20T18:05:09Z";
  status.instance = 100;
  status.is_on = false;
  status.mode = "auto";
  status.reason = "idle";
  status.sight = "ok";
  return status;
}

SeenStatus during_a_call() {
  SeenStatus status = idle();
  status.is_on = true;
  status.is_wanted = true;
  status.reason = "call";
  status.calls = 1;
  status.call_list = {{1, "Küche", "203.0.113.9", 83, {80'000, 80'000, 50, 50, 1}, "clock 50 packets/s"}};
  return status;
}

SeenStatus with_score(std::int64_t score, bool in_call = false) {
  SeenStatus status = idle();
  status.flow_list = {{flow_name, "Küche", in_call, score, 5, true, {}, "up clock; score " + std::to_string(score) + " of 5"}};
  return status;
}

std::vector<std::string> texts(const std::vector<Change>& changes) {
  std::vector<std::string> list;
  for (const Change& change : changes) {
    list.push_back(change.what.text);
  }
  return list;
}

using Texts = std::vector<std::string>;

TEST(ChangeFinder, TellsAtFirstWhatIsTheCase) {
  ChangeFinder finder;
  EXPECT_EQ(texts(finder.next(during_a_call())),
            (Texts{"call up for 1:23: Küche with 203.0.113.9 (clock 50 packets/s)", "mode auto", "QoS on (a call is up)"}));
  EXPECT_EQ(texts(finder.next(during_a_call())), Texts{}) << "nothing has changed";
}

TEST(ChangeFinder, TellsOfACallFromItsStartToItsEnd) {
  ChangeFinder finder;
  finder.next(idle());
  SeenStatus wanted = during_a_call();
  wanted.is_on = false;
  EXPECT_EQ(texts(finder.next(wanted)),
            (Texts{"call started: Küche with 203.0.113.9 (clock 50 packets/s)", "QoS off, wanted on (a call is up)"}));
  EXPECT_EQ(texts(finder.next(during_a_call())), (Texts{"QoS on (a call is up)"}));
  SeenStatus released = during_a_call();
  released.call_list.clear();
  released.reason = "release";
  const auto ended = finder.next(released);
  EXPECT_EQ(texts(ended), (Texts{"call ended: Küche with 203.0.113.9, was listed for 1:23", "QoS on (a call has just ended)"}));
  EXPECT_EQ(ended.front().time, released.time);
  EXPECT_EQ(to_text(ended.front(), Colour::plain),
            "2026-08-20T18:05:09Z call ended: Küche with 203.0.113.9, was listed for 1:23");
  EXPECT_EQ(texts(finder.next(idle())), (Texts{"QoS off (no call)"}));
}

TEST(ChangeFinder, TakesACallAfterACallForAnother) {
  ChangeFinder finder;
  finder.next(during_a_call());
  SeenStatus next = during_a_call();
  next.call_list[0].id = 2;
  EXPECT_EQ(finder.next(next).size(), 2U);
}

TEST(ChangeFinder, TellsOfProblemsAndOfTheirEnd) {
  ChangeFinder finder;
  finder.next(idle());
  SeenStatus broken = idle();
  broken.error = "run qos-start: it is not there";
  broken.sight = "blind";
  broken.sight_reason = "no privilege";
  EXPECT_EQ(texts(finder.next(broken)),
            (Texts{"QoS failed: run qos-start: it is not there", "the detector is blind: no privilege"}));
  EXPECT_EQ(texts(finder.next(broken)), Texts{});
  EXPECT_EQ(texts(finder.next(idle())), (Texts{"the problem with QoS is over", "the detector sees everything again"}));
}

TEST(ChangeFinder, TellsOfModesAndNotOfASecondMoreOrLess) {
  ChangeFinder finder;
  finder.next(idle());
  SeenStatus ordered = idle();
  ordered.mode = "on";
  ordered.override_until = "2026-08-20T18:59:59Z";
  EXPECT_EQ(texts(finder.next(ordered)), (Texts{"mode on, until 18:59:59 UTC"}));
  ordered.override_until = "2026-08-20T19:00:00Z";
  EXPECT_EQ(texts(finder.next(ordered)), Texts{}) << "reckoned anew";
  ordered.override_until = "2026-08-20T20:00:00Z";
  EXPECT_EQ(texts(finder.next(ordered)), (Texts{"mode on, until 20:00:00 UTC"}));
  EXPECT_EQ(texts(finder.next(idle())), (Texts{"mode auto"}));
}

TEST(ChangeFinder, TellsOnceOfAFlowThatComesNearUntilItHasFallenBack) {
  ChangeFinder finder;
  finder.next(with_score(0));
  EXPECT_EQ(texts(finder.next(with_score(3))), Texts{});
  EXPECT_EQ(texts(finder.next(with_score(4))),
            (Texts{std::string("flow near to being a call: Küche, ") + flow_name + ", score 4 of 5 (up clock)"}));
  EXPECT_EQ(texts(finder.next(with_score(3))), Texts{});
  EXPECT_EQ(texts(finder.next(with_score(4))), Texts{}) << "it never went far";
  finder.next(with_score(1));
  EXPECT_EQ(finder.next(with_score(4)).size(), 1U);
}

TEST(ChangeFinder, SaysNothingOfTheScoreOfACallAndOfOneThatFades) {
  ChangeFinder finder;
  finder.next(with_score(9, true));
  EXPECT_EQ(texts(finder.next(with_score(4))), Texts{});
  EXPECT_EQ(texts(finder.next(with_score(4, true))), Texts{});
}

TEST(ChangeFinder, TellsOnceThatTheDaemonIsGoneAndThatItIsBack) {
  ChangeFinder finder;
  finder.next(during_a_call());
  const auto gone = finder.missing("2026-08-20T18:06:00Z", "not running");
  EXPECT_EQ(texts(gone), Texts{"not running"});
  EXPECT_EQ(gone.front().time, "2026-08-20T18:06:00Z");
  EXPECT_EQ(texts(finder.missing("", "not running")), Texts{});
  EXPECT_EQ(texts(finder.missing("", "garbage")), Texts{"garbage"}) << "something else is wrong with it now";
  EXPECT_EQ(texts(finder.next(during_a_call())), Texts{"the daemon is back"}) << "the call went on meanwhile";
}

TEST(ChangeFinder, EndsNoCallsWithAnotherLifeOfTheDaemon) {
  ChangeFinder finder;
  finder.next(during_a_call());
  SeenStatus anew = during_a_call();
  anew.instance = 101;
  EXPECT_EQ(texts(finder.next(anew)), (Texts{"the daemon started anew, or read its configuration again",
                                             "call started: Küche with 203.0.113.9 (clock 50 packets/s)"}));
  finder.missing("", "not running");
  SeenStatus third = idle();
  third.instance = 102;
  EXPECT_EQ(texts(finder.next(third)), (Texts{"the daemon is back, started anew", "QoS off (no call)"}));
}

}  // namespace
}  // namespace voip
