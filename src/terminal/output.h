// What commands say on standard output and standard error. The only place that writes there (the architecture test holds it), so
// that nothing that others wrote reaches a terminal as it came: see base/printable.h.
#pragma once

#include <string_view>

#include "terminal/styled_line.h"

namespace voip {

// Text of any number of lines. Coloured: the colours of to_text() pass. False: nobody reads any more.
bool print(std::string_view text, Colour colour = Colour::plain);

// One JSON value or more, to be read by a program; means the same afterwards.
bool print_json(std::string_view json);

// One line on standard error, or more; the end of the last one is added where it is missing.
void complain(std::string_view text);

}  // namespace voip
