// How long the ways to remote networks take when no queue stands in them: of each network the shortest delay that was seen over
// an empty line, for a day. It keeps a bounded number of networks.
#pragma once

#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "core/time.h"

namespace voip {

class PathDelays {
 public:
  // No way that takes longer is believed: it is not sure that there was no queue.
  static constexpr Duration longest = 300ms;

  void seen(const IpPrefix& remote, Duration delay, Instant now);
  // Empty: nothing is known of it.
  [[nodiscard]] std::optional<Duration> of(const IpPrefix& remote, Instant now) const;

 private:
  struct Path {
    IpPrefix remote;
    Duration delay{};
    Instant seen{};
  };
  std::vector<Path> paths_;
};

}  // namespace voip
