// The settings that decisions depend on, as the "settings" object of a recording's first line: monitor, detector, devices,
// policy.
#pragma once

#include <string>
#include <string_view>

#include "core/settings.h"
#include "system/json.h"

namespace voip {

// One line of JSON. Hardware addresses and host names stay out: which address is whose is recorded as it was found.
std::string recorded_settings(const Settings& settings);

// What is absent keeps its default. Returns what is wrong, or nothing.
std::string read_recorded_settings(const Json& object, Settings& settings);

// The text as JSON, with its quotes; what is not UTF-8 is replaced.
std::string json_text(std::string_view text);

}  // namespace voip
