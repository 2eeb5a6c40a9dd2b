// Lease files (dnsmasq, odhcpd) and hosts files.
#include "fuzz/fuzz.h"
#include "ports/devices/parse.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = parse_hosts(fuzz::text_of(data, size), [](const HostEntry&) { return true; });
  fuzz::hold(entries.size() <= most_host_entries, "the entries of a file are bounded");
  for (const HostEntry& entry : entries) {
    fuzz::hold(is_host_address(entry.address), "an entry is of a host");
    fuzz::hold(entry.names.size() <= most_names_of_a_host, "the names of a host are bounded");
  }
  return 0;
}
