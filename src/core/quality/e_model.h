// The E-model of ITU-T G.107, shortened to what a router sees: packets that are missing and the delay of the line's queues. In
// integers, so that it gives the same on every machine.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace voip {

// Equipment impairment factor and robustness against loss (G.113, appendix I; Opus approximated).
struct CodecImpairment {
  std::uint32_t ie = 0;
  std::uint32_t bpl_tenths = 250;
};
// Of a codec by what a packet carries beyond its headers (IP, UDP, RTP), and how often one comes.
CodecImpairment impairment_of(std::uint32_t payload_bytes, Duration interval);

// MOS of a listener in hundredths, 100 to 450. `missing`: of a thousand packets, lost at random; `delay`: one way.
std::uint32_t mos_hundredths(std::uint32_t missing_permille, Duration delay, const CodecImpairment& codec);

}  // namespace voip
