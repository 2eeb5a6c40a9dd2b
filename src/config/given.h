// What a file gives, taken out of its tree. Pure.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/node.h"

namespace voip {

// In the order of the file.
std::vector<GivenSetting> settings_of(const ConfigNode& file);

}  // namespace voip
