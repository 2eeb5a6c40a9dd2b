// What every target does: libFuzzer calls LLVMFuzzerTestOneInput with any bytes. Whatever they are, nothing may crash, overflow,
// leak, fail an assertion or take more than a moment; `hold` states what else must be true of what came out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace voip::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void hold(bool is_true, const char* promise) {
  if (!is_true) {
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
  }
}

}  // namespace voip::fuzz
