#include "detectors/detectors.h"

#include <array>

namespace voip {

namespace detectors {
#define VOIP_DETECTOR(variable) extern const DetectorKind variable;
#include "detectors/all.def"
#undef VOIP_DETECTOR
}  // namespace detectors

std::span<const DetectorKind* const> all_detectors() {
  static constexpr std::array kinds{
#define VOIP_DETECTOR(variable) &detectors::variable,
#include "detectors/all.def"
#undef VOIP_DETECTOR
  };
  return kinds;
}

const DetectorKind* find_detector(std::string_view name) {
  for (const DetectorKind* kind : all_detectors()) {
    if (kind->name == name) {
      return kind;
    }
  }
  return nullptr;
}

}  // namespace voip
