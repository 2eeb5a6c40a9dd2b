// What a ctnetlink socket brings, read as events, listings and readings are.
#include "core/lan.h"
#include "fuzz/fuzz.h"
#include "ports/conntrack/messages.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Lan lan({*IpPrefix::parse("192.168.0.0/16"), *IpPrefix::parse("fd00::/8")}, {*IpAddress::parse("192.0.2.2")});
  NetlinkMessages messages(Bytes(data, size));
  while (const auto message = messages.next()) {
    if (kind_of(*message) == ConntrackMessage::error) {
      read_error(*message);
    }
    const auto entry = read_entry(*message);
    if (!entry) {
      continue;
    }
    const auto key = lan.orient(entry->original_source, entry->original_destination, entry->reply_source,
                                entry->reply_destination, entry->protocol);
    if (key) {
      fuzz::hold(lan.contains(key->client.address), "the client is the LAN's side");
      fuzz::hold(sample_of(*entry, *key).key == *key, "a sample is of the flow that was asked for");
    }
  }
  return 0;
}
