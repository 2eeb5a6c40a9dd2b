// Where the default routes lead: of the main table, and of those that rules name.
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "ports/network/parse.h"
#include "system/netlink_reader.h"
#include "system/route_dump.h"

namespace voip {
namespace {

constexpr std::size_t most_devices = 16;
constexpr std::size_t most_tables = 32;

// The kernel's chain of hops, each as long as it says.
std::vector<std::uint32_t> read_hops(Bytes payload) {
  std::vector<std::uint32_t> devices;
  while (const auto hop = read_native<rtnexthop>(payload)) {
    devices.push_back(static_cast<std::uint32_t>(hop->rtnh_ifindex));
    const std::size_t length = RTNH_ALIGN(std::size_t{hop->rtnh_len});
    if (length < sizeof *hop || length > payload.size()) {
      break;
    }
    payload = payload.subspan(length);
  }
  return devices;
}

}  // namespace

std::optional<Route> parse_route(Bytes payload) {
  const auto info = read_native<rtmsg>(payload);
  if (!info) {
    return std::nullopt;
  }
  Route route{.family = info->rtm_family, .table = info->rtm_table};
  bool is_lowest = true;
  NetlinkAttributes attributes(payload.subspan(sizeof *info));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == RTA_OIF) {
      route.devices.push_back(read_native<std::uint32_t>(attribute->payload).value_or(0));
    } else if (attribute->type == RTA_PRIORITY) {
      route.metric = read_native<std::uint32_t>(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_TABLE) {
      route.table = read_native<std::uint32_t>(attribute->payload).value_or(0);
    } else if (attribute->type == RTA_DST) {
      is_lowest = std::all_of(attribute->payload.begin(), attribute->payload.end(), [](std::uint8_t byte) { return byte == 0; });
    } else if (attribute->type == RTA_MULTIPATH) {
      route.devices = read_hops(attribute->payload);
    }
  }
  route.is_default = info->rtm_dst_len == 0 && info->rtm_type == RTN_UNICAST;
  route.is_past_default = !is_lowest;
  return route;
}

std::optional<std::uint32_t> parse_rule_table(Bytes payload) {
  const auto rule = read_native<fib_rule_hdr>(payload);
  if (!rule || rule->action != FR_ACT_TO_TBL) {
    return std::nullopt;
  }
  std::uint32_t table = rule->table;
  NetlinkAttributes attributes(payload.subspan(sizeof *rule));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == FRA_TABLE) {
      table = read_native<std::uint32_t>(attribute->payload).value_or(0);
    }
  }
  return table;
}

namespace {

class BestRoutes {
 public:
  explicit BestRoutes(const std::vector<Interface>& interfaces) : interfaces_(interfaces) {}

  void take(const Route& route) {
    for (const std::uint32_t index : route.devices) {
      const auto device = std::find_if(interfaces_.begin(), interfaces_.end(), [&](const Interface& interface) {
        return interface.index == index && !interface.is_loopback;
      });
      if (device != interfaces_.end()) {
        take(route, device->name);
      }
    }
  }
  [[nodiscard]] const DefaultRoutes& routes() const { return routes_; }

 private:
  void take(const Route& route, const std::string& device) {
    auto& known = route.table == RT_TABLE_MAIN ? routes_.all : routes_.others;
    if (std::find(known.begin(), known.end(), device) == known.end() && known.size() < most_devices) {
      known.push_back(device);
    }
    auto& best = route.family == AF_INET ? best4_ : best6_;
    if (route.table == RT_TABLE_MAIN && route.metric < best) {
      best = route.metric;
      (route.family == AF_INET ? routes_.ipv4 : routes_.ipv6) = device;
    }
  }

  const std::vector<Interface>& interfaces_;
  DefaultRoutes routes_;
  std::uint64_t best4_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t best6_ = best4_;
};

// A kernel without that table, or without rules (CONFIG_IP_MULTIPLE_TABLES), or without that family, has none.
void forgive_absence(DumpPart& part) {
  const bool is_absence = part.error == ENOENT || part.error == EOPNOTSUPP || part.error == EAFNOSUPPORT;
  part.error = is_absence ? 0 : part.error;
}

// The main table, and those that rules lead to.
Result<std::vector<std::uint32_t>> list_tables(RouteDump& dump, std::uint8_t family) {
  std::vector<std::uint32_t> tables{RT_TABLE_MAIN};
  fib_rule_hdr wanted{};
  wanted.family = family;
  const Status listed = dump.list("the routing rules", RTM_GETRULE, wanted, [&](Bytes datagram) {
    DumpPart part = walk_dump(datagram, RTM_NEWRULE, [&](Bytes payload) {
      const std::uint32_t table = parse_rule_table(payload).value_or(RT_TABLE_UNSPEC);
      const bool is_known = std::find(tables.begin(), tables.end(), table) != tables.end();
      if (!is_known && table != RT_TABLE_LOCAL && table != RT_TABLE_UNSPEC && tables.size() < most_tables) {
        tables.push_back(table);
      }
    });
    forgive_absence(part);
    return part;
  });
  return listed ? Result<std::vector<std::uint32_t>>(std::move(tables)) : Error{listed.error()};
}

// The kernel lists IPv4 routes by their networks' addresses, so the default ones come first, and a router with a whole table of
// the Internet is asked for no more. Of IPv6 it lists the most specific first.
Status list_defaults(RouteDump& dump, std::uint8_t family, std::uint32_t table, BestRoutes& best) {
  struct Wanted {
    rtmsg message{};
    rtattr header{};
    std::uint32_t table = 0;
  } wanted;
  wanted.message.rtm_family = family;
  wanted.message.rtm_table = static_cast<std::uint8_t>(table < 256 ? table : std::uint32_t{RT_TABLE_COMPAT});
  wanted.header = {.rta_len = static_cast<unsigned short>(RTA_LENGTH(sizeof table)), .rta_type = RTA_TABLE};
  wanted.table = table;
  return dump.list("the routes", RTM_GETROUTE, wanted, [&](Bytes datagram) {
    bool is_past = false;
    DumpPart part = walk_dump(datagram, RTM_NEWROUTE, [&](Bytes payload) {
      // Old kernels list all tables.
      const auto route = parse_route(payload);
      if (!route || route->table != table) {
        return;
      }
      if (route->is_default) {
        best.take(*route);
      }
      is_past = is_past || (route->is_past_default && route->family == AF_INET);
    });
    part.is_enough = is_past;  // also where a kernel without IPv6 lists those of IPv4 instead
    forgive_absence(part);
    return part;
  });
}

}  // namespace

Result<DefaultRoutes> read_default_routes(const std::vector<Interface>& interfaces) {
  return read_route_dumps([&](RouteDump& dump) -> Result<DefaultRoutes> {
    dump.filter();
    BestRoutes best(interfaces);
    for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
      const auto tables = list_tables(dump, family);
      if (!tables) {
        return Error{tables.error()};
      }
      for (const std::uint32_t table : *tables) {
        if (const Status listed = list_defaults(dump, family, table, best); !listed) {
          return Error{listed.error()};
        }
      }
    }
    return best.routes();
  });
}

}  // namespace voip
