// Of what leaves into an upload whose queue stands, how much never arrives: the modem drops what its buffer does not take. By the
// TCP of others, over the last five to ten seconds of such a queue. Smaller packets are dropped less.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace voip {

class Drops {
 public:
  // Bytes of payload in one sample, while the queue stood.
  void sampled(std::uint64_t sent, std::uint64_t delivered, Instant now);
  // Thousandths; 0 where there was too little, or it was seen too long ago.
  [[nodiscard]] std::uint32_t permille(Instant now) const;

 private:
  struct Span {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    Instant began{};
  };
  Span before_;
  Span now_;
  Instant last_{};
};

}  // namespace voip
