// Questions that may hang, asked aside: a name server answers when it likes, half a minute later perhaps, and nobody can end
// that. So it is waited for on a thread of its own, and whoever no longer wants the answer goes away without a word.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ports/mqtt/inbox.h"

namespace voip {

// The answer is put into the inbox, which may have been left by everybody else meanwhile. MqttFailed without a reason: too many
// questions hang already, ask again later.
void ask_aside(const std::shared_ptr<MqttInbox>& inbox, std::function<MqttHappening()> question);

// Ends the clients, which takes a second or two, without anybody who waits for it; and the memory that they have used goes back
// to the system. Nobody else may still have them.
void end_aside(std::vector<std::shared_ptr<MqttClient>> clients);

}  // namespace voip
