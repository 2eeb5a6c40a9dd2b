// Holds a short queue on purpose before one direction of a line that changes. A full line tells with each sample what it carries,
// so that nearly all of it is used; the call waits behind that queue.
#pragma once

#include <cstdint>
#include <optional>

#include "core/line/followed.h"
#include "core/time.h"

namespace voip {

class QueueHolder {
 public:
  QueueHolder() = default;
  // The line is known to carry so much.
  explicit QueueHolder(std::uint32_t kbit) : full_kbit_(kbit), told_kbit_(kbit) {}

  // The rate to shape to after that sample; `shaped_kbit` is the one until then.
  std::uint32_t shaped_after(const FollowedSample& sample, std::uint32_t shaped_kbit);

  // What the line is to get by that, the call included; 0: nothing has told of it yet.
  [[nodiscard]] std::uint32_t kbit() const { return kbit_; }

  // Tells that the line has changed by much, if that sample was the first to show it.
  [[nodiscard]] std::optional<FollowedStep> step_of(const FollowedSample& sample);

 private:
  void see_call(std::uint32_t carried_kbit, std::uint64_t share);

  std::uint32_t kbit_ = 0;
  std::uint32_t full_kbit_ = 0;  // what it carried when it was full last
  std::uint32_t told_kbit_ = 0;
  std::uint32_t call_kbit_ = 0;  // what passes besides the rest
  std::uint64_t share_ = 0;      // of the rest, in the sample before
  Duration queue_{};             // in the sample before
};

}  // namespace voip
