#include "app/output_colour.h"

#include <unistd.h>

#include <cstdlib>

namespace voip {

Colour colour_of_output() {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): one thread
  const bool is_unwanted = no_color != nullptr && *no_color != '\0';
  return is_unwanted || ::isatty(STDOUT_FILENO) == 0 ? Colour::plain : Colour::coloured;
}

}  // namespace voip
