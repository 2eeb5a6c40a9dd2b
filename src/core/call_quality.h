// How good a call is, as far as counters can tell. What they cannot tell is empty, never a guess.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace voip {

enum class Grade : std::uint8_t { unknown, good, fair, bad };  // MOS from 4.0 on, from 3.6 on, less
inline constexpr std::array<Grade, 4> all_grades{Grade::good, Grade::fair, Grade::bad, Grade::unknown};
std::string_view to_string(Grade grade);

// Where what is bad about it comes from.
enum class QualityCause : std::uint8_t { upload, download, home, far_end };
inline constexpr std::array<QualityCause, 4> all_causes{QualityCause::upload, QualityCause::download, QualityCause::home,
                                                        QualityCause::far_end};
std::string_view to_string(QualityCause cause);  // as on MQTT: "far_end"

struct CallQuality {
  Grade grade = Grade::unknown;
  std::optional<std::uint32_t> mos_hundredths;    // ITU-T G.107, 100 to 450
  std::optional<std::uint32_t> missing_permille;  // packets of the worse direction, by its clock and by what the upload drops
  std::optional<Duration> delay;                  // that the queues of the line add, both ways; empty: they were not seen
  std::optional<QualityCause> cause;              // of what is not good; empty: it is good, or the cause cannot be told
  friend bool operator==(const CallQuality&, const CallQuality&) = default;
};

// What the queues of the line added on the mean, both ways, while QoS was off and while it was on; empty: they were not seen.
struct QueueDelays {
  std::optional<Duration> without_qos;
  std::optional<Duration> with_qos;
  friend bool operator==(const QueueDelays&, const QueueDelays&) = default;
};

// The quality of the call that is up, the worst of several, or was last. Without a device: there was none.
struct CallQualityReport {
  std::string device;
  CallQuality quality;
  friend bool operator==(const CallQualityReport&, const CallQualityReport&) = default;
};

// "good (MOS 4.3, 0.2 % of the packets missing)"; "unknown".
std::string in_words(const CallQuality& quality);

}  // namespace voip
