// What the keys mean that came from a terminal. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace voip {

enum class Key : std::uint8_t { quit, pause, up, down, page_up, page_down, top, bottom, qos_on, qos_off, qos_auto };

// In the order in which they were pressed; what means nothing is left out.
std::vector<Key> read_keys(std::string_view bytes);

}  // namespace voip
