// Numbers of a recording, as they are read.
#pragma once

#include <cstdint>
#include <optional>

#include "system/json.h"

namespace voip {

inline constexpr std::uint64_t most_counted = std::uint64_t{1} << 60U;  // packets or bytes; sums of them are still numbers

// A whole number from 0 to `most`.
std::optional<std::uint64_t> recorded_number(const Json& value, std::uint64_t most);

}  // namespace voip
