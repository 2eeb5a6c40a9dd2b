// What a program has said in JSON (RFC 8259), as a plain value: read once where the library is (system/json_reader.h), so that
// pure rooms need not know the library. Numbers are whole; one with a fraction is kept as its text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voip {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, number, text, list, object };

  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t number = 0;
  std::string text;
  std::vector<std::string> keys;  // of an object, in their order
  std::vector<JsonValue> items;   // of a list; of an object the values to its keys

  // The value of a key; null where this is no object or has no such key. Of two equal keys the last counts.
  [[nodiscard]] const JsonValue* find(std::string_view key) const {
    const auto found = std::find(keys.rbegin(), keys.rend(), key);
    return found == keys.rend() ? nullptr : &items[static_cast<std::size_t>(keys.rend() - found) - 1];
  }
  // The same of one that is a text, a number in range, or true: empty, or false, where it is anything else.
  [[nodiscard]] std::string_view text_of(std::string_view key) const {
    const JsonValue* value = find(key);
    return value != nullptr && value->kind == Kind::text ? std::string_view(value->text) : std::string_view();
  }
  [[nodiscard]] std::optional<std::int64_t> number_of(std::string_view key) const {
    const JsonValue* value = find(key);
    return value != nullptr && value->kind == Kind::number ? std::optional(value->number) : std::nullopt;
  }
  [[nodiscard]] bool is_true(std::string_view key) const {
    const JsonValue* value = find(key);
    return value != nullptr && value->kind == Kind::boolean && value->boolean;
  }
  // The items of a list, or the values of an object; none of anything else.
  [[nodiscard]] const std::vector<JsonValue>& values_of(std::string_view key) const {
    static const std::vector<JsonValue> none;
    const JsonValue* value = find(key);
    return value == nullptr ? none : value->items;
  }
};

}  // namespace voip
