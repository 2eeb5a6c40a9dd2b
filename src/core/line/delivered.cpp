#include "core/line/delivered.h"

#include <algorithm>
#include <cstddef>

namespace voip {
namespace {

constexpr std::size_t most_blocks = 16;
// Larger steps are no progress of this connection: it began anew with the same ports, or the numbers are made up. It is the
// largest window there is (RFC 7323, 2.3).
constexpr std::uint32_t longest_step = 1U << 30U;

std::uint32_t earlier_of(std::uint32_t a, std::uint32_t b) {
  return is_after(a, b) ? b : a;
}

std::uint32_t later_of(std::uint32_t a, std::uint32_t b) {
  return is_after(a, b) ? a : b;
}

}  // namespace

// Returns what of the block is new. All lie in the half circle above what is acknowledged, so numbers may wrap around.
std::uint32_t Delivered::add(Block block) {
  std::uint32_t known = 0;
  Block merged = block;
  std::size_t touching = 0;
  for (const Block& other : above_) {
    if (is_after(other.begin, block.end) || is_after(block.begin, other.end)) {
      continue;
    }
    ++touching;
    known += earlier_of(other.end, block.end) - later_of(other.begin, block.begin);
    merged = {earlier_of(merged.begin, other.begin), later_of(merged.end, other.end)};
  }
  if (touching == 0 && above_.size() == most_blocks) {
    return 0;  // it counts when the number passes it
  }
  std::erase_if(above_,
                [&](const Block& other) { return !is_after(merged.begin, other.begin) && !is_after(other.end, merged.end); });
  above_.push_back(merged);
  return block.end - block.begin - known;
}

std::uint32_t Delivered::came(const TcpSegment& segment) {
  if (!segment.acknowledged) {
    return 0;
  }
  const std::uint32_t number = *segment.acknowledged;
  if (!acknowledged_ || (is_after(number, *acknowledged_) && number - *acknowledged_ > longest_step)) {
    acknowledged_ = number;
    above_.clear();
    return 0;
  }
  std::uint32_t fresh = 0;
  if (is_after(number, *acknowledged_)) {
    fresh = number - *acknowledged_;
    // What lies below was told of before, block by block.
    std::erase_if(above_, [&](Block& block) {
      const std::uint32_t end = is_after(block.end, number) ? number : block.end;
      if (is_after(end, block.begin)) {
        fresh -= std::min(fresh, end - block.begin);
        block.begin = end;
      }
      return block.begin == block.end;
    });
    acknowledged_ = number;
  }
  if (segment.sacked_from && segment.sacked) {
    const Block block{*segment.sacked_from, *segment.sacked};
    // A block below the number tells of what came twice (RFC 2883).
    if (is_after(block.end, block.begin) && !is_after(*acknowledged_, block.begin) &&
        block.end - *acknowledged_ <= longest_step) {
      fresh += add(block);
    }
  }
  return fresh;
}

}  // namespace voip
