#include "core/line/path_delays.h"

#include <algorithm>
#include <cstddef>

namespace voip {
namespace {

constexpr std::size_t most_paths = 64;
constexpr Duration kept_for = 24h;

}  // namespace

void PathDelays::seen(const IpPrefix& remote, Duration delay, Instant now) {
  if (delay > longest) {
    return;
  }
  std::erase_if(paths_, [now](const Path& path) { return now - path.seen > kept_for; });
  const auto found = std::find_if(paths_.begin(), paths_.end(), [&](const Path& path) { return path.remote == remote; });
  if (found != paths_.end()) {
    if (delay <= found->delay) {
      found->delay = delay;
      found->seen = now;
    }
    return;
  }
  if (paths_.size() == most_paths) {
    paths_.erase(std::min_element(paths_.begin(), paths_.end(), [](const Path& a, const Path& b) { return a.seen < b.seen; }));
  }
  paths_.push_back({remote, delay, now});
}

std::optional<Duration> PathDelays::of(const IpPrefix& remote, Instant now) const {
  const auto found = std::find_if(paths_.begin(), paths_.end(), [&](const Path& path) { return path.remote == remote; });
  return found == paths_.end() || now - found->seen > kept_for ? std::nullopt : std::optional(found->delay);
}

}  // namespace voip
