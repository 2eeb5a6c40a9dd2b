#include <gtest/gtest.h>

#include "commands/status/words.h"

namespace voip {
namespace {

TEST(CallWords, SayHowLongItIsUpAndWhatIsKnownOfIt) {
  SeenCall call;
  call.seconds = 83;
  EXPECT_EQ(call_words(call), "1:23") << "a guess is not told";
  call.is_presumed = true;
  EXPECT_EQ(call_words(call), "1:23 presumed");
  call.kind = "video";
  EXPECT_EQ(call_words(call), "1:23 presumed video");
  call.is_presumed = false;
  EXPECT_EQ(call_words(call), "1:23 video");
}

}  // namespace
}  // namespace voip
