// What of actuator "tc" is in the kernel, read from a dump of the qdiscs and a list of the filters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actuators/tc_profile.h"
#include "core/actuator.h"

namespace voip::tc {

bool contains(const std::vector<std::string>& names, std::string_view name);
// Can stand in the text of a batch without meaning something else there.
bool is_plain(std::string_view device);

// The devices to shape now, of those that exist.
Layout layout_of(const Probe& probe, const QosSettings& settings, const Site& site);

Command batch(std::string lines);

// Devices whose clsact may hold filters of ours; the probe's first results are those of show_filters(), in this order.
std::vector<std::string> devices_with_clsact(const Probe& probe);
Plan show_filters(const Probe& seen);

struct Filters {
  bool has_ours = false;
  bool has_foreign = false;
};
// Of the device with that place in devices_with_clsact(). What is not known counts as foreign, so that nothing is taken away.
Filters filters_of(const Probe& probe, std::size_t place);

enum class Found : std::uint8_t { nothing, remains, draining, settled };
// Settled or draining only if everything is there that the layout needs, and nothing else of ours.
Found find_ours(const Probe& probe, const Layout& layout);
// Whether what is there is what would be installed now; where the kernel does not tell, it is.
bool is_up_to_date(const Probe& probe, std::uint32_t fingerprint);
// A tree of ours at the root of a device: something is shaped, whatever else is missing.
bool shapes_something(const Probe& probe);
// Any qdisc, link or filter of ours.
bool has_something_of_ours(const Probe& probe);

}  // namespace voip::tc
