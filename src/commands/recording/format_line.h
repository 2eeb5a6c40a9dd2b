// The part of a recording that concerns the line: what passed the WAN, and what the headers of TCP there said.
#pragma once

#include <cstdint>
#include <string>

#include "commands/recording/address_mask.h"
#include "core/line_news.h"
#include "core/time.h"
#include "system/json.h"

namespace voip {

inline constexpr std::uint64_t most_counted = std::uint64_t{1} << 60U;  // packets or bytes

// The value of "sampled", as JSON. `mask`: for remote networks; null: they stand as they are.
std::string recorded_sample(const LineSampled& sample, const AddressMask* mask);

// Reads it into `sample`, all but `at`. Returns what is wrong, or nothing.
std::string read_recorded_sample(const Json& object, LineSampled& sample);

}  // namespace voip
