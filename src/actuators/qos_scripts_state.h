// What of OpenWrt's qos-scripts is in the kernel and in its configuration, read from a dump of the qdiscs and from what commands
// say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/actuator.h"

namespace voip::qos_scripts {

// Order of the results, of preflight and observe alike.
enum Place : std::size_t { jumps, jumps_v6, configuration };

// Commands whose results the others read.
Plan look(const QosSettings& settings);

// Of the interface's section in /etc/config/qos; empty: not set, or not known.
std::string configured(const Probe& probe, const QosSettings& settings, std::string_view key);
// Shapes with an IFB: what comes in, or all of it.
bool uses_ifb(const Probe& probe, const QosSettings& settings);

// Shaping that qos-stop would take although it is not of qos-scripts; nullptr: there is none.
const Qdisc* foreign_shaping(const Probe& probe, const Site& site);
// An IFB of others that is in use. Where ifb is a module, generate.sh unloads and loads it again whenever the number of devices
// named ifb* is not the one that it needs for downloads; they would be gone.
const Qdisc* ifb_of_others(const Probe& probe);

// What is in force, in words where something is wrong with it.
QosObserved assess_queues(const Probe& probe, const QosSettings& settings, const Site& site);

}  // namespace voip::qos_scripts
