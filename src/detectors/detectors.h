// The ways to recognise a call from counters, one file each.
#pragma once

#include <span>
#include <string_view>

#include "core/detector.h"

namespace voip {

std::span<const DetectorKind* const> all_detectors();
const DetectorKind* find_detector(std::string_view name);  // null when there is none of that name

}  // namespace voip
