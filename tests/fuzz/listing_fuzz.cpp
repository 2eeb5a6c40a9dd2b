// What is read of the router in text: listings of nft and iptables, /proc/PID/status, /proc/net/udp and pppoe,
// /etc/config/network.
#include "commands/doctor/kernel.h"
#include "commands/doctor/marks.h"
#include "commands/doctor/offload.h"
#include "fuzz/fuzz.h"
#include "ports/network/network.h"
#include "system/json_reader.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  for (const Flowtable& flowtable : parse_flowtables(text)) {
    fuzz::hold(!flowtable.name.empty(), "a flowtable has a name");
  }
  for (const ForeignMark& mark : parse_nft_marks(text, {"ip mangle"})) {
    fuzz::hold(!mark.who.empty() && mark.bits != 0, "who writes a mark is named, with its bits");
  }
  for (const ForeignMark& mark : parse_iptables_marks(text, "ip").marks) {
    fuzz::hold(!mark.who.empty() && mark.bits != 0, "who writes a mark is named, with its bits");
  }
  parse_rights(text);
  names_sip_socket(text);
  for (const std::string& device : pppoe_carriers(text)) {
    fuzz::hold(!device.empty(), "a device has a name");
  }
  const std::vector<Interface> interfaces{{.index = 1, .name = "pppoe-wan"}, {.index = 2, .name = "eth1"}};
  fuzz::hold(!choose_wan("wan", interfaces, {}, {.configuration = std::string(text), .status = read_json(text)}).empty(),
             "a WAN that is named is one");
  return 0;
}
