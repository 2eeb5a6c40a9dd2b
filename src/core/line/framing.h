// How many bytes of the line packets take, as qos.tc.overhead, mpu and link_layer say: the unit in which the rates of a line are
// counted, those that are configured and those that are learnt.
#pragma once

#include <cstdint>

#include "core/model.h"
#include "core/settings.h"

namespace voip {

// Of packets of about one size, whose bytes are counted from the IP header on. `link_header`: what the kernel counts of each
// besides, which is what the line adds where nothing is configured.
std::uint64_t line_bytes(const Counters& packets, const TcSettings& settings, std::uint32_t link_header);

}  // namespace voip
