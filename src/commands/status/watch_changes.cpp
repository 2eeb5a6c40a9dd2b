#include "commands/status/watch_changes.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "commands/common/moments.h"
#include "commands/status/words.h"

namespace voip {
namespace {

// How far a flow must fall back before it is told a second time.
bool has_fallen_back(const SeenFlow& flow) {
  return 3 * flow.score <= flow.threshold;
}

bool is_same(const SeenCall& a, const SeenCall& b) {
  return a.id == b.id && a.device == b.device && a.remote == b.remote;
}

bool has(const std::vector<SeenCall>& calls, const SeenCall& call) {
  return std::any_of(calls.begin(), calls.end(), [&call](const SeenCall& other) { return is_same(call, other); });
}

// Moments are reckoned anew for each status and may be a second off.
bool is_other_moment(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (!a || !b) {
    return a.has_value() != b.has_value();
  }
  const auto one = seconds_of(*a);
  const auto other = seconds_of(*b);
  return one && other ? std::abs(*one - *other) > 1 : *a != *b;
}

}  // namespace

std::string to_text(const Change& change, Colour colour) {
  return change.time + " " + to_text(Line{change.what}, colour);
}

std::vector<Change> ChangeFinder::next(const SeenStatus& status) {
  std::vector<Change> changes;
  compare_lives(status, changes);
  compare_calls(status, changes);
  compare_qos(status, changes);
  compare_problems(status, changes);
  compare_flows(status, changes);
  before_ = status;
  for (Change& change : changes) {
    change.time = status.time;
  }
  return changes;
}

std::vector<Change> ChangeFinder::missing(std::string_view time, const std::string& why) {
  if (why == missing_) {
    return {};
  }
  missing_ = why;
  return {{std::string(time), {why, Tone::red}}};
}

void ChangeFinder::compare_lives(const SeenStatus& status, std::vector<Change>& changes) {
  const bool was_missing = !std::exchange(missing_, {}).empty();
  const bool is_another = before_ && status.instance != before_->instance;
  if (is_another) {
    changes.push_back(
        {{},
         {was_missing ? "the daemon is back, started anew" : "the daemon started anew, or read its configuration again",
          Tone::bold}});
    before_->call_list.clear();
    near_.clear();
  } else if (was_missing) {
    changes.push_back({{}, {"the daemon is back", Tone::bold}});
  }
}

void ChangeFinder::compare_calls(const SeenStatus& status, std::vector<Change>& changes) const {
  if (before_) {
    for (const SeenCall& call : before_->call_list) {
      if (!has(status.call_list, call)) {
        changes.push_back(
            {{}, {"call ended: " + call.device + " with " + call.remote + ", was listed for " + span(call.seconds), Tone::bold}});
      }
    }
  }
  for (const SeenCall& call : status.call_list) {
    if (!before_ || !has(before_->call_list, call)) {
      const std::string since = before_ ? "call started: " : "call up for " + span(call.seconds) + ": ";
      changes.push_back({{}, {since + call.device + " with " + call.remote + " (" + call.reason + ")", Tone::green}});
    }
  }
}

void ChangeFinder::compare_qos(const SeenStatus& status, std::vector<Change>& changes) const {
  if (!before_ || before_->mode != status.mode || is_other_moment(before_->override_until, status.override_until)) {
    changes.push_back({{}, {"mode " + mode_words(status)}});
  }
  if (!before_ || before_->is_on != status.is_on || before_->is_wanted != status.is_wanted || before_->reason != status.reason) {
    std::string text = "QoS ";
    for (const Piece& piece : qos_words(status)) {
      text += piece.text;
    }
    const bool is_as_wanted = status.is_on == status.is_wanted;
    changes.push_back({{}, {text, !is_as_wanted ? Tone::yellow : status.is_wanted ? Tone::green : Tone::plain}});
  }
}

void ChangeFinder::compare_problems(const SeenStatus& status, std::vector<Change>& changes) const {
  const std::string before = before_ ? before_->error : "";
  if (status.error != before) {
    changes.push_back({{},
                       status.error.empty() ? Piece{"the problem with QoS is over", Tone::green}
                                            : Piece{"QoS failed: " + status.error, Tone::red}});
  }
  const std::string sight = before_ ? before_->sight : "ok";
  if (status.sight != sight || (before_ && status.sight_reason != before_->sight_reason)) {
    changes.push_back(
        {{}, status.sight == "ok" ? Piece{"the detector sees everything again", Tone::green} : sight_words(status)});
  }
}

void ChangeFinder::compare_flows(const SeenStatus& status, std::vector<Change>& changes) {
  std::set<std::string> still_near;
  for (const SeenFlow& flow : status.flow_list) {
    const bool was_told = near_.contains(flow.flow);
    if (flow.in_call || (was_told && !has_fallen_back(flow))) {
      still_near.insert(flow.flow);  // a call that fades is no news either
    } else if (is_near(flow)) {
      still_near.insert(flow.flow);
      changes.push_back(
          {{},
           {"flow near to being a call: " + flow.device + ", " + flow.flow + ", score " + std::to_string(flow.score) + " of " +
                std::to_string(flow.threshold) + " (" + reason_beside_score(flow) + ")",
            Tone::yellow}});
    }
  }
  near_ = std::move(still_near);
}

}  // namespace voip
