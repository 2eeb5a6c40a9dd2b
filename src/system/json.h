// JSON as our payloads and the control socket write it: compact, keys in the order in which they were put, and always text.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/model.h"
#include "core/time.h"

namespace voip {

using Json = nlohmann::ordered_json;

// What is no JSON is discarded (is_discarded()), never thrown about.
inline Json parse_json(std::string_view text) {
  return Json::parse(text.data(), text.data() + text.size(), nullptr, /*allow_exceptions=*/false);
}

// Names come from the configuration and errors from programs: what is not UTF-8 in them is replaced, never thrown about.
inline std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

inline Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

inline Json instant_or_null(const std::optional<Instant>& instant, const Calendar& calendar) {
  return instant ? Json(calendar(*instant)) : Json(nullptr);
}

inline const char* on_or_off(bool is_on) {
  return is_on ? "ON" : "OFF";
}

// A whole number from 0 to `most`.
std::optional<std::uint64_t> whole_number(const Json& json, std::uint64_t most);
std::optional<std::uint64_t> whole_number(const Json& object, const char* key, std::uint64_t most);

std::optional<Endpoint> endpoint_of(const Json& address, const Json& port);

// One decimal is what the rates are measured to.
inline double kbit(std::int64_t bit_per_s) {
  const std::int64_t tenths = (bit_per_s + 50) / 100;
  return static_cast<double>(tenths) / 10.0;
}

}  // namespace voip
