#include "ports/line/tcp_headers.h"

#include "base/bytes.h"

namespace voip {
namespace {

constexpr std::size_t least_tcp_bytes = 20;
constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t ack = 0x10;

struct IpHeader {
  std::size_t bytes = 0;
  std::size_t payload_bytes = 0;  // 0: of a jumbo, or one that the kernel has put together
  IpAddress source;
  IpAddress destination;
};

std::optional<IpHeader> read_ipv4(Bytes packet) {
  if (packet.size() < 20) {
    return std::nullopt;
  }
  const std::size_t header = std::size_t{packet[0]} % 16 * 4;
  const std::size_t total = read_be16(packet, 2).value_or(0);
  const bool is_fragment = (read_be16(packet, 6).value_or(0) & 0x3fffU) != 0;  // more to come, or not the first
  if (header < 20 || header > packet.size() || is_fragment || packet[9] != protocol_tcp || (total != 0 && total < header)) {
    return std::nullopt;
  }
  return IpHeader{header, total == 0 ? 0 : total - header, IpAddress::from_bytes(packet.subspan(12, 4)),
                  IpAddress::from_bytes(packet.subspan(16, 4))};
}

std::optional<IpHeader> read_ipv6(Bytes packet) {
  if (packet.size() < 40 || packet[6] != protocol_tcp) {
    return std::nullopt;
  }
  return IpHeader{40, read_be16(packet, 4).value_or(0), IpAddress::from_bytes(packet.subspan(8, 16)),
                  IpAddress::from_bytes(packet.subspan(24, 16))};
}

// The options of a header as far as they matter here. Nothing if they contradict themselves.
struct Options {
  std::optional<std::size_t> timestamps;  // where their values stand
  std::optional<std::size_t> sack;        // where the first block of selective acknowledgement stands
};

std::optional<Options> read_options(Bytes tcp) {
  constexpr std::uint8_t end_of_options = 0;
  constexpr std::uint8_t no_operation = 1;
  constexpr std::uint8_t timestamps = 8;
  constexpr std::size_t timestamps_bytes = 10;
  constexpr std::uint8_t sack = 5;
  constexpr std::size_t least_sack_bytes = 10;
  Options options;
  for (std::size_t at = least_tcp_bytes; at < tcp.size() && tcp[at] != end_of_options;) {
    if (tcp[at] == no_operation) {
      ++at;
      continue;
    }
    const std::size_t length = at + 1 < tcp.size() ? tcp[at + 1] : 0;
    if (length < 2 || length > tcp.size() - at || (tcp[at] == timestamps && length != timestamps_bytes)) {
      return std::nullopt;
    }
    if (tcp[at] == timestamps && !options.timestamps) {
      options.timestamps = at + 2;
    }
    if (tcp[at] == sack && length >= least_sack_bytes && !options.sack) {
      options.sack = at + 2;
    }
    at += length;
  }
  return options;
}

}  // namespace

std::optional<TcpSegment> read_tcp_segment(Bytes headers) {
  if (headers.empty()) {
    return std::nullopt;
  }
  const unsigned version = headers[0] >> 4U;
  const auto ip = version == 4 ? read_ipv4(headers) : version == 6 ? read_ipv6(headers) : std::nullopt;
  if (!ip || headers.size() - ip->bytes < least_tcp_bytes) {
    return std::nullopt;
  }
  const Bytes rest = headers.subspan(ip->bytes);
  const std::size_t length = std::size_t{rest[12]} / 16 * 4;
  if (length < least_tcp_bytes || length > rest.size() || (ip->payload_bytes != 0 && length > ip->payload_bytes)) {
    return std::nullopt;
  }
  const Bytes tcp = rest.first(length);
  const auto options = read_options(tcp);
  if (!options) {
    return std::nullopt;
  }
  const std::uint8_t flags = tcp[13];
  TcpSegment segment;
  segment.header_bytes = static_cast<std::uint32_t>(ip->bytes + length);
  segment.source = {ip->source, read_be16(tcp, 0).value_or(0)};
  segment.destination = {ip->destination, read_be16(tcp, 2).value_or(0)};
  segment.sequence = read_be32(tcp, 4).value_or(0);
  if ((flags & ack) != 0) {
    segment.acknowledged = read_be32(tcp, 8).value_or(0);
    if (options->sack) {
      segment.sacked_from = read_be32(tcp, *options->sack).value_or(0);
      segment.sacked = read_be32(tcp, *options->sack + 4).value_or(0);
    }
  }
  if (options->timestamps) {
    segment.timestamp = read_be32(tcp, *options->timestamps).value_or(0);
    if ((flags & ack) != 0) {
      segment.echo = read_be32(tcp, *options->timestamps + 4).value_or(0);
    }
  }
  segment.has_payload = ip->payload_bytes != length || (flags & (syn | fin)) != 0;
  if (ip->payload_bytes != 0) {
    const auto ends = static_cast<std::size_t>((flags & syn) != 0) + static_cast<std::size_t>((flags & fin) != 0);
    segment.length = static_cast<std::uint32_t>(ip->payload_bytes - length + ends);
  }
  return segment;
}

}  // namespace voip
