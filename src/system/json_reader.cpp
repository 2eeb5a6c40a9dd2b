#include "system/json_reader.h"

#include <cstdint>
#include <limits>
#include <string>

#include "system/json.h"

namespace voip {
namespace {

constexpr int deepest = 32;

bool convert(const Json& json, JsonValue& value, int depth) {
  if (depth > deepest) {
    return false;
  }
  if (json.is_boolean()) {
    value.kind = JsonValue::Kind::boolean;
    value.boolean = json.get<bool>();
  } else if (json.is_number_integer() && (!json.is_number_unsigned() ||
                                          json.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()})) {
    value.kind = JsonValue::Kind::number;
    value.number = json.get<std::int64_t>();
  } else if (json.is_number()) {
    value.kind = JsonValue::Kind::text;
    value.text = json.dump();
  } else if (json.is_string()) {
    value.kind = JsonValue::Kind::text;
    value.text = json.get<std::string>();
  } else if (json.is_structured()) {
    value.kind = json.is_object() ? JsonValue::Kind::object : JsonValue::Kind::list;
    value.items.reserve(json.size());
    for (auto each = json.begin(); each != json.end(); ++each) {
      if (json.is_object()) {
        value.keys.push_back(each.key());
      }
      if (!convert(*each, value.items.emplace_back(), depth + 1)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::optional<JsonValue> read_json(std::string_view text) {
  const Json json = parse_json(text);
  JsonValue value;
  return !json.is_discarded() && convert(json, value, 0) ? std::optional(std::move(value)) : std::nullopt;
}

}  // namespace voip
