// The conversation with somebody at a terminal, and that with nobody.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "commands/setup/conversation.h"
#include "system/command_loop.h"

namespace voip {

// Waits on the loop, so that Ctrl-C ends each question.
std::unique_ptr<Conversation> talk_on_terminal(CommandLoop& commands);
// Says the questions too, and answers each by Enter.
std::unique_ptr<Conversation> talk_to_nobody(CommandLoop& commands);

// Until somebody presses Enter or the time is over; what is posted meanwhile goes to `take`. False: the input has ended, or
// Ctrl-C.
bool wait_for_enter(CommandLoop& commands, Duration limit, const std::function<void(const Event&)>& take);

}  // namespace voip
