#include "core/quality/e_model.h"

#include <algorithm>

namespace voip {
namespace {

constexpr std::uint32_t g711_bit_per_ms = 56;  // 64, rounded down for lengths that headers of extensions blur
constexpr std::uint32_t g729_bit_per_ms = 12;  // 8, and what SRTP adds

}  // namespace

CodecImpairment impairment_of(std::uint32_t payload_bytes, Duration interval) {
  const std::uint32_t bit_per_ms = payload_bytes * 8 / static_cast<std::uint32_t>(std::max<std::int64_t>(interval.count(), 1));
  if (bit_per_ms >= g711_bit_per_ms) {
    return {.ie = 0, .bpl_tenths = 251};  // G.722 has the same rate
  }
  if (bit_per_ms <= g729_bit_per_ms) {
    return {.ie = 10, .bpl_tenths = 190};
  }
  return {.ie = 0, .bpl_tenths = 250};
}

std::uint32_t mos_hundredths(std::uint32_t missing_permille, Duration delay, const CodecImpairment& codec) {
  // All of these in thousandths.
  const std::int64_t milliseconds = std::clamp<std::int64_t>(delay.count(), 0, 10'000);
  const std::int64_t of_delay = 24 * milliseconds + std::max<std::int64_t>(110 * milliseconds - 19'503, 0);
  const std::int64_t missing = std::min<std::int64_t>(missing_permille, 1000);
  const std::int64_t of_loss =
      std::int64_t{codec.ie} * 1000 + (95 - std::int64_t{codec.ie}) * 1000 * missing / (missing + codec.bpl_tenths);
  const std::int64_t r = std::clamp<std::int64_t>(93'200 - of_delay - of_loss, 0, 100'000);
  const std::int64_t mos = 1000 + 35 * r / 1000 + r * (r - 60'000) / 1'000'000 * (100'000 - r) * 7 / 1'000'000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>((mos + 5) / 10, 100, 450));
}

}  // namespace voip
