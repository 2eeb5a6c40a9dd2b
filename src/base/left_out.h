// What this build leaves out: CMake's VOIP_WITHOUT, for routers with little flash. Commands; actuators; "line": to learn what the
// line carries; "pages": what help --man and --completion print. Known where CMake says VOIP_WITHOUT to a room.
#pragma once

#include <string_view>

namespace voip {

constexpr bool is_left_out(std::string_view part) {
  for (std::string_view rest = static_cast<const char*>(VOIP_WITHOUT); !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(','));
    if (word == part) {
      return true;
    }
    rest.remove_prefix(word.size() == rest.size() ? word.size() : word.size() + 1);
  }
  return false;
}

// Always known to the compiler: what stands behind it and is left out never reaches the linker.
consteval bool has_part(std::string_view part) {
  return !is_left_out(part);
}

}  // namespace voip
