// Moments as text (ISO 8601, in UTC).
#pragma once

#include <chrono>
#include <string>

namespace voip {

std::string iso_8601(std::chrono::system_clock::time_point time);  // "2026-08-20T18:05:09Z"

}  // namespace voip
