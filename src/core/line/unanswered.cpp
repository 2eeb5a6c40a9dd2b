#include "core/line/unanswered.h"

#include "core/line/tcp_segment.h"

namespace voip {
namespace {

constexpr std::size_t most_pending = 256;
constexpr Duration spacing = 16ms;
constexpr Duration longest_delay = 10s;

}  // namespace

void Unanswered::add(const Sent& sent) {
  while (!pending_.empty() && (pending_.size() >= most_pending || sent.left - pending_.front().left > longest_delay)) {
    pending_.pop_front();
  }
  if (!pending_.empty()) {
    // The first leaving of a value counts, and what is not newer was sent before.
    if (!is_after(sent.value, pending_.back().value)) {
      return;
    }
    if (sent.left - pending_.back().left < spacing) {
      pending_.back().has_payload = pending_.back().has_payload || sent.has_payload;
      return;
    }
  }
  pending_.push_back(sent);
}

std::optional<Sent> Unanswered::take_up_to(std::uint32_t value) {
  std::optional<Sent> newest;
  while (!pending_.empty() && !is_after(pending_.front().value, value)) {
    newest = pending_.front();
    pending_.pop_front();
  }
  return newest;
}

}  // namespace voip
