#include "ports/network/proc.h"

#include <algorithm>

#include "base/words.h"
#include "ports/network/network.h"
#include "system/read_start.h"

namespace voip {

// "Id       Address              Device", then a session each line.
std::vector<std::string> pppoe_carriers(std::string_view proc_net_pppoe) {
  std::vector<std::string> devices;
  for (const std::string_view line : lines_of(proc_net_pppoe)) {
    if (const auto words = words_of(line); words.size() == 3 && words[2] != "Device") {
      devices.emplace_back(words[2]);
    }
  }
  return devices;
}

std::vector<std::string> read_pppoe_carriers() {
  return pppoe_carriers(read_start("/proc/thread-self/net/pppoe", 16UL * 1024));
}

// "  395: 00000000:13C4 00000000:0000 07 ...": the second word is the socket's own address and port.
bool names_sip_socket(std::string_view proc_net_udp) {
  const auto lines = lines_of(proc_net_udp);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    const auto words = words_of(line);
    return words.size() > 3 && (words[1].ends_with(":13C4") || words[1].ends_with(":13C5"));
  });
}

bool listens_for_sip() {
  constexpr std::size_t most = 256UL * 1024;  // some 2000 sockets
  return names_sip_socket(read_start("/proc/thread-self/net/udp", most)) ||
         names_sip_socket(read_start("/proc/thread-self/net/udp6", most));
}

}  // namespace voip
