// Moments as the daemon writes them, "2026-08-20T18:05:09Z", for people. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voip {

// Since 1970; nothing where it is no moment.
std::optional<std::int64_t> seconds_of(std::string_view moment);

std::string ago(std::int64_t seconds);  // "just now", "5 min ago", "3 h ago", "2 days ago"

}  // namespace voip
