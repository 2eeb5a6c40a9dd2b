// Whether standard output wants colour: a terminal does, unless NO_COLOR is set (https://no-color.org).
#pragma once

#include "app/styled_line.h"

namespace voip {

Colour colour_of_output();

}  // namespace voip
