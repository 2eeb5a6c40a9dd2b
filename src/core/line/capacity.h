// What one direction of the line carries, out of moments in which a queue stood before it: then it is never idle, and what passes
// is what it can. Medians of seconds, so that a burst or a gap is none.
//
// One remote network whose packets wait may have a narrow place of its own. So either two networks wait at the same time, or two
// say the same of the line at different times. What lasts counts: less is believed at once, more when it has gone on for a while,
// since many lines are faster for their first seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "core/line_state.h"
#include "core/time.h"

namespace voip {

class Capacity {
 public:
  // In `over`, up to `now`, the line carried so many bytes while a queue stood. `only_witness`: the one network that told of it;
  // empty: there were several.
  void carried(std::uint64_t bytes, Duration over, const std::optional<IpPrefix>& only_witness, Instant now);

  // ... while it was known that none did.
  void passed(std::uint64_t bytes, Duration over, Instant now);

  // What was known when the daemon ended last.
  void restore(const LineDirection& kept);
  // Writes the rate, its least, when it was learnt, and what passed without a queue.
  void tell(LineDirection& direction) const;

 private:
  struct Count {
    std::uint64_t bytes = 0;
    Duration over{};

    void add(std::uint64_t more, Duration meanwhile);
    [[nodiscard]] std::uint32_t kbit() const;
  };
  struct Second {
    std::uint32_t kbit = 0;
    Instant at{};
    std::optional<IpPrefix> only_witness;
  };
  struct Testimony {
    IpPrefix network;
    std::uint32_t kbit = 0;
    Instant at{};
  };
  [[nodiscard]] std::uint32_t median() const;
  [[nodiscard]] bool are_several() const;
  void add(const Second& one);
  void believe(std::uint32_t kbit, Instant now);

  Count count_;  // of the second that goes on
  std::optional<IpPrefix> only_witness_;
  bool has_several_ = false;
  Instant last_{};
  std::vector<Second> seconds_;
  std::vector<Testimony> testimonies_;
  std::optional<Instant> rises_since_;

  Count calm_;  // of the seconds that go on
  Instant calm_last_{};
  std::uint32_t calm_kbit_ = 0;
  Instant calm_at_{};

  std::optional<std::uint32_t> kbit_;
  std::optional<Instant> learnt_;
  std::uint32_t low_kbit_ = 0;
  Instant low_at_{};
};

}  // namespace voip
