// What the kernel's messages of rtnetlink say of links, addresses, routes and rules. Pure; what is malformed is nothing, and
// never more is read than is given.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ports/network/network.h"
#include "system/netlink_reader.h"

namespace voip {

// From the payload of an RTM_NEWLINK, without its addresses.
std::optional<Interface> parse_link(Bytes payload);

// The payload of an RTM_NEWADDR goes to the interface that it is of.
void take_address(Bytes payload, std::vector<Interface>& interfaces);

struct Route {
  std::uint8_t family = 0;
  std::uint32_t table = 0;
  std::uint32_t metric = 0;
  std::vector<std::uint32_t> devices{};  // the index of each hop's
  bool is_default = false;
  bool is_past_default = false;  // to a network whose address is not the lowest
};

// From the payload of an RTM_NEWROUTE.
std::optional<Route> parse_route(Bytes payload);

// The table that an RTM_NEWRULE leads to; nothing where it does something else.
std::optional<std::uint32_t> parse_rule_table(Bytes payload);

}  // namespace voip
