// The settings that an order may change while the daemon runs: their ranges and words, and who wins when the file changes too.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/settings.h"
#include "core/time.h"

namespace voip {

// What an order may ask for; a file may go further.
inline constexpr Duration longest_release = 10min;
inline constexpr Duration shortest_override = 1min;
inline constexpr Duration longest_override = 24h;
// For how long a single order may hold.
inline constexpr Duration shortest_time_limit = 1s;
inline constexpr Duration longest_time_limit = 7 * 24h;

inline constexpr std::array<Sensitivity, 3> all_sensitivities{Sensitivity::low, Sensitivity::normal, Sensitivity::high};
std::string_view to_string(Sensitivity sensitivity);  // "low", "normal", "high"
std::optional<Sensitivity> parse_sensitivity(std::string_view text);

struct LiveSettings {
  Duration release_after = PolicySettings{}.release_after;
  Duration override_for = PolicySettings{}.override_for;
  Sensitivity sensitivity = Sensitivity::normal;
  friend bool operator==(const LiveSettings&, const LiveSettings&) = default;
};

// What was ordered of the mode; a reload of the configuration and a restart keep it.
struct Orders {
  Mode lasting = Mode::automatic;
  std::optional<Mode> override_mode;
  Instant override_until{};
};

// All that orders have changed.
struct OrdersInForce {
  Orders orders;
  LiveSettings settings;
};

LiveSettings live_settings(const Settings& settings);
Settings with_live_settings(Settings settings, const LiveSettings& live);

// What is in force once the file was read again: an order goes on, but for what was changed in the file.
LiveSettings after_reload(const LiveSettings& in_force, const LiveSettings& before, const LiveSettings& next);

}  // namespace voip
