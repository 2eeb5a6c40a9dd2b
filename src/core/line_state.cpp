#include "core/line_state.h"

namespace voip {

std::string_view to_string(Bottleneck bottleneck) {
  switch (bottleneck) {
    case Bottleneck::none:
      return "none";
    case Bottleneck::upload:
      return "upload";
    case Bottleneck::download:
      return "download";
    case Bottleneck::home:
      return "home";
    case Bottleneck::far_end:
      return "far_end";
    case Bottleneck::unknown:
      break;
  }
  return "unknown";
}

}  // namespace voip
