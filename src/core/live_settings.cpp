#include "core/live_settings.h"

#include <utility>

namespace voip {

std::string_view to_string(Sensitivity sensitivity) {
  switch (sensitivity) {
    case Sensitivity::low:
      return "low";
    case Sensitivity::high:
      return "high";
    case Sensitivity::normal:
      break;
  }
  return "normal";
}

std::optional<Sensitivity> parse_sensitivity(std::string_view text) {
  for (const Sensitivity sensitivity : all_sensitivities) {
    if (text == to_string(sensitivity)) {
      return sensitivity;
    }
  }
  return std::nullopt;
}

LiveSettings live_settings(const Settings& settings) {
  return {settings.policy.release_after, settings.policy.override_for, settings.detector.calls.sensitivity};
}

Settings with_live_settings(Settings settings, const LiveSettings& live) {
  settings.policy.release_after = live.release_after;
  settings.policy.override_for = live.override_for;
  settings.detector.calls.sensitivity = live.sensitivity;
  return settings;
}

LiveSettings after_reload(const LiveSettings& in_force, const LiveSettings& before, const LiveSettings& next) {
  const auto choose = [&](auto member) { return next.*member == before.*member ? in_force.*member : next.*member; };
  return {choose(&LiveSettings::release_after), choose(&LiveSettings::override_for), choose(&LiveSettings::sensitivity)};
}

}  // namespace voip
