// The engine listens to the connection table for a while, and switches nothing.
#include <algorithm>
#include <memory>
#include <variant>

#include "commands/setup/look.h"
#include "commands/setup/on_terminal.h"
#include "core/engine/engine.h"
#include "detectors/detectors.h"
#include "ports/conntrack/conntrack.h"
#include "ports/network/network.h"

namespace voip {
namespace {

constexpr Duration listening_time = 60s;

class Listening {
 public:
  Listening(const Settings& settings, CommandLoop& commands, Conversation& conversation)
      : loop_(commands.loop()),
        conversation_(conversation),
        engine_(settings, find_detector(settings.detector.use)->make(settings), {.switches = false, .drains = false}),
        // A daemon beside us has its own table, marks and switches in the kernel, and they are not ours to change.
        conntrack_(make_conntrack(settings, {}, [settings] { return read_lan(settings); }, {.may_write = false})) {}
  ~Listening() {
    loop_.cancel(timer_);
    conntrack_->close();
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  Status open() {
    Status opened = conntrack_->open(loop_);
    step(DeadlineReached{});
    return opened;
  }

  void step(const Event& event) {
    for (const Action& action : engine_.step(loop_.now(), event)) {
      if (const auto* started = std::get_if<CallStarted>(&action)) {
        hear(started->call.client);
      }
      conntrack_->perform(action);
    }
    loop_.cancel(timer_);
    if (const auto deadline = engine_.deadline()) {
      timer_ = loop_.call_at(*deadline, [this] { loop_.post(DeadlineReached{}); });
    }
  }

  [[nodiscard]] const std::vector<IpAddress>& heard() const { return heard_; }

 private:
  void hear(const IpAddress& client) {
    if (std::find(heard_.begin(), heard_.end(), client) == heard_.end()) {
      heard_.push_back(client);
      conversation_.say("In a call: " + client.to_string());
    }
  }

  Loop& loop_;
  Conversation& conversation_;
  Engine engine_;
  std::unique_ptr<Port> conntrack_;
  Loop::TimerId timer_ = 0;
  std::vector<IpAddress> heard_;
};

}  // namespace

std::optional<std::vector<IpAddress>> listen_for_calls(const Settings& now, const Answers& answers, Conversation& conversation,
                                                       CommandLoop& commands) {
  Settings settings = settings_with(now, answers);
  settings.qos.actuator = "none";
  settings.qos.mark_calls = false;
  Listening listening(settings, commands, conversation);
  if (const Status opened = listening.open(); !opened) {
    conversation.say("I cannot listen: " + opened.error() + ".");
    return std::vector<IpAddress>();
  }
  if (read_conntrack_switches().accounting == false) {
    conversation.say("The kernel counts no packets now, so no call will be heard; the daemon switches that on when it starts.");
  }
  conversation.say("Call somebody now, and talk. I listen for a minute; Enter ends it.");
  const bool goes_on = wait_for_enter(commands, listening_time, [&listening](const Event& event) { listening.step(event); });
  return goes_on ? std::optional(listening.heard()) : std::nullopt;
}

}  // namespace voip
