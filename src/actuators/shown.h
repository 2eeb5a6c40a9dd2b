// Reads what programs print: results by their place in a plan, lines, words, and values of OpenWrt's `uci show`. Survives any
// text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/actuator.h"

namespace voip::shown {

// Null when the plan did not get that far.
const CommandResult* result_at(const Probe& probe, std::size_t place);
bool ended_well(const CommandResult* result);
// Why a command's output says nothing, for people.
std::string why_not(std::string_view program, const CommandResult* result);

// The value of an option in the output of `uci show`, which prints qos.wan.enabled='1'; empty where it is not set.
std::string uci_value(std::string_view text, std::string_view option);
// What uci takes for "no".
bool is_uci_false(std::string_view value);

}  // namespace voip::shown
