// What a broker sends, as far as it is followed: it does not matter in which parts it comes.
#include <algorithm>

#include "fuzz/fuzz.h"
#include "ports/mqtt/payload/packets.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view all = fuzz::text_of(data, size);
  const std::size_t part = data[size - 1] % 16 + 1;
  IncomingPackets at_once(64);
  IncomingPackets in_parts(64);
  const auto whole = at_once.look_at(all);
  std::optional<BadPacket> bad;
  for (std::size_t at = 0; at < size && !bad; at += part) {
    bad = in_parts.look_at(all.substr(at, part));
  }
  fuzz::hold(whole.has_value() == bad.has_value(), "it ends in parts as at once");
  if (whole) {
    fuzz::hold(whole->fault == bad->fault && whole->bytes == bad->bytes && whole->is_topic_next == bad->is_topic_next,
               "and for the same reason");
  }
  return 0;
}
