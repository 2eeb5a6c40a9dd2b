// How much of what left on a TCP connection has arrived, byte by byte: by the number up to which all is acknowledged, and by the
// blocks of selective acknowledgement above it (RFC 2018, of each acknowledgement the first, which is the newest). Each byte
// counts once, when it is first told of; what was sent again after a loss is no second one. So it goes on evenly where the number
// alone stands still until a gap is filled, and then jumps.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/line/tcp_segment.h"

namespace voip {

class Delivered {
 public:
  // Bytes that this segment, which came in, tells of for the first time. The first acknowledgement tells of nothing: what it
  // covers may have arrived long ago.
  std::uint32_t came(const TcpSegment& segment);

 private:
  struct Block {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::uint32_t add(Block block);

  std::optional<std::uint32_t> acknowledged_;
  std::vector<Block> above_;  // apart from each other, in no order; bounded
};

}  // namespace voip
