// Why an actuator refuses to switch on while its rates are to be learnt, and are not known; for people.
#pragma once

#include <string>
#include <string_view>

#include "core/actuator.h"

namespace voip::actuators {

// `key`: the setting that would say it instead.
inline std::string unknown_line(const Site& site, std::string_view key) {
  return (site.line_blocker.empty()
              ? std::string(
                    "the line's rate is not known yet: nobody has filled the line so far while it was looked at. An upload "
                    "of ten seconds to two places teaches it; or set ")
              : "the line's rate is not known, and cannot be learnt (" + site.line_blocker + "): set ") +
         std::string(key);
}

}  // namespace voip::actuators
