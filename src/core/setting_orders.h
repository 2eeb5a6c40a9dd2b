// The settings that can be ordered from outside, as their topics and payloads name them: what a text orders, and how the value in
// force is told. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "core/events.h"
#include "core/live_settings.h"

namespace voip {

inline constexpr std::array<std::string_view, 3> setting_names{"release_after", "override_for", "sensitivity"};

// `name` is one of setting_names; `word` is in lower case: a number of seconds or a duration such as "30s", or the sensitivity's
// word. The error says what is understood, with the range.
Result<SetSetting> read_setting(std::string_view name, std::string_view word);

// By name, each as read_setting() reads it back: durations as plain numbers of seconds.
std::array<std::pair<std::string_view, std::string>, 3> setting_texts(const LiveSettings& settings);

}  // namespace voip
