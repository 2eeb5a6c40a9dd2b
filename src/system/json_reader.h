// Reads the JSON that programs print.
#pragma once

#include <optional>
#include <string_view>

#include "core/json_value.h"

namespace voip {

// Nothing for what is no JSON, or is nested deeper than 32. Blanks around it do not count.
std::optional<JsonValue> read_json(std::string_view text);

}  // namespace voip
