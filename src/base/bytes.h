// Numbers in bytes that came from outside. Nothing beyond the given bytes is ever read, whatever they hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace voip {

using Bytes = std::span<const std::uint8_t>;

// A structure or number as the machine has it, at the start of the bytes, which need not be aligned; nothing when they are too
// few.
template <typename T>
std::optional<T> read_native(Bytes bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  if (bytes.size() < sizeof value) {
    return std::nullopt;
  }
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// A number in network order, from the byte `at` on; nothing when there are too few.
template <typename T>
std::optional<T> read_big_endian(Bytes bytes, std::size_t at = 0) {
  static_assert(std::is_unsigned_v<T>);
  if (bytes.size() < at || bytes.size() - at < sizeof(T)) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes.subspan(at, sizeof(T))) {
    value = (value << 8U) | byte;
  }
  return static_cast<T>(value);
}
inline std::optional<std::uint16_t> read_be16(Bytes bytes, std::size_t at = 0) {
  return read_big_endian<std::uint16_t>(bytes, at);
}
inline std::optional<std::uint32_t> read_be32(Bytes bytes, std::size_t at = 0) {
  return read_big_endian<std::uint32_t>(bytes, at);
}
inline std::optional<std::uint64_t> read_be64(Bytes bytes, std::size_t at = 0) {
  return read_big_endian<std::uint64_t>(bytes, at);
}

}  // namespace voip
