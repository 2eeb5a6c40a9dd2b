// Notices when somebody changes links, queues or the rules of nftables: a network that restarts, `tc qdisc del`, a firewall that
// flushes the ruleset. Links and queues need no privilege. Rules need CAP_NET_ADMIN; without it, and where the rules are those of
// iptables-legacy, of which the kernel tells nobody, they are seen by the next look only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "system/loop.h"

namespace voip {

// Whether a notification of rtnetlink says that a qdisc, a class, a filter or a device came, went, or that a device went up or
// down. Survives any bytes, as the next one does.
bool touches_shaping(std::span<const std::uint8_t> datagram);
// Whether a notification of nfnetlink says that a table, a chain or a rule is gone.
bool touches_rules(std::span<const std::uint8_t> datagram);

// Calls `touched` from Loop::wait() soon after a change, once for a whole burst of changes.
class ShapingWatch {
 public:
  ShapingWatch() = default;
  ~ShapingWatch();
  ShapingWatch(const ShapingWatch&) = delete;
  ShapingWatch& operator=(const ShapingWatch&) = delete;

  Status open(Loop& loop, std::function<void()> touched);
  // Forgets what has been noticed and not yet told: it was our own doing.
  void forget();

 private:
  Status watch(const UniqueFd& socket);
  void notice();
  bool take_notifications();

  Loop* loop_ = nullptr;
  std::function<void()> touched_;
  UniqueFd shaping_;
  UniqueFd rules_;  // absent where they cannot be watched
  Loop::TimerId timer_ = 0;
  bool is_noticed_ = false;
};

}  // namespace voip
