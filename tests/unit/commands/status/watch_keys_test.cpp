#include "commands/status/watch_keys.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

using Keys = std::vector<Key>;

TEST(WatchKeys, AreLettersAndWhatArrowsSend) {
  EXPECT_EQ(read_keys("q jk"), (Keys{Key::quit, Key::pause, Key::down, Key::up}));
  EXPECT_EQ(read_keys("\033[A\033OB\033[5~\033[6~"), (Keys{Key::up, Key::down, Key::page_up, Key::page_down}));
  EXPECT_EQ(read_keys("\033[H\033[F"), (Keys{Key::top, Key::bottom}));
  EXPECT_EQ(read_keys("OFA"), (Keys{Key::qos_on, Key::qos_off, Key::qos_auto}));
}

TEST(WatchKeys, WhatIsUnknownMeansNothing) {
  EXPECT_EQ(read_keys(""), Keys{});
  EXPECT_EQ(read_keys("xyz\n\xff"), Keys{});
  EXPECT_EQ(read_keys("\033"), Keys{});
  EXPECT_EQ(read_keys("\033[1;5A"), Keys{}) << "an arrow with Ctrl";
  EXPECT_EQ(read_keys("\033[200~"), Keys{}) << "a paste";
  EXPECT_EQ(read_keys("\033[20"), Keys{}) << "cut off";
  EXPECT_EQ(read_keys("\033aq"), Keys{Key::quit}) << "Alt and a letter is none of ours";
}

}  // namespace
}  // namespace voip
