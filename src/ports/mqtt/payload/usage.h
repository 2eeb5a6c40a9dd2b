// What calls take of the line, for those who keep a history of it (Home Assistant): means in whole kbit/s, said when they have
// changed noticeably, retained. `rates` says each second the same to those who want to see it move.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/events.h"
#include "ports/mqtt/payload/topics.h"

namespace voip {

class MqttUsage {
 public:
  // Means are taken over so long; what comes or goes as a whole is said at once, what doubles or halves after the shorter time.
  static constexpr Duration mean_over = 10s;
  static constexpr Duration jump_after = 5s;

  explicit MqttUsage(const MqttTopics& topics);

  // What is worth a message now that these rates were measured.
  std::vector<MqttMessage> take(const RatesMeasured& rates, Instant now);
  // What was said last of all of them.
  [[nodiscard]] std::vector<MqttMessage> all() const;

 private:
  struct Ways {
    std::int64_t up = 0;
    std::int64_t down = 0;
    friend bool operator==(const Ways&, const Ways&) = default;
  };
  struct Of {
    std::string topic;
    Ways said;  // kbit/s
    Ways sum;   // bit/s, since then
    std::int64_t samples = 0;
    std::optional<Instant> since{};
  };
  [[nodiscard]] static std::optional<Ways> worth_saying(Of& of, const Rates& rates, Instant now);
  [[nodiscard]] static MqttMessage message(const Of& of);

  std::vector<Of> list_;  // of all, then of the devices in their order
};

}  // namespace voip
