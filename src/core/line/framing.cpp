#include "core/line/framing.h"

#include <algorithm>

namespace voip {
namespace {

// ITU-T I.361: cells of 53 bytes that hold 48.
constexpr std::uint64_t cell_bytes = 53;
constexpr std::uint64_t cell_payload = 48;

}  // namespace

std::uint64_t line_bytes(const Counters& packets, const TcSettings& settings, std::uint32_t link_header) {
  if (packets.packets == 0) {
    return 0;
  }
  const std::uint64_t overhead = settings.overhead == 0 ? link_header : settings.overhead;
  const std::uint64_t bytes = std::max(packets.bytes + packets.packets * overhead, packets.packets * settings.mpu);
  switch (settings.link_layer) {
    case LinkLayer::ethernet:
      return bytes;
    case LinkLayer::ptm:
      return bytes * 65 / 64;  // each 65th byte is its own (IEEE 802.3, 61.3.3)
    case LinkLayer::atm:
      return packets.packets * ((bytes / packets.packets + cell_payload - 1) / cell_payload) * cell_bytes;
  }
  return bytes;
}

}  // namespace voip
