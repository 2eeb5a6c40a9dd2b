// What others have changed inside our trees, where all parts are still in their places: rates of classes, limits of queues, the
// filter for ARP, the rules that choose a class. What is there is held against what would be installed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "actuators/tc_profile.h"
#include "core/actuator.h"

namespace voip::tc {

// One command for each tree of ours that `seen` has, which lists its classes and filters.
Plan show_trees(const Probe& seen);

// In words for people; empty: nothing, or it could not be seen. The results of show_trees() begin at `place`; the trees are in
// `state`, which is draining or on.
std::string changed_in_trees(const Probe& probe, std::size_t place, Qos state, const QosSettings& settings, const Layout& layout);

// Whether the listing of our table has all its rules.
bool has_all_rules(std::string_view listing, const QosSettings& settings, const Site& site);

}  // namespace voip::tc
