// A line on the control socket.
#include "core/live_settings.h"
#include "fuzz/fuzz.h"
#include "ports/control/request.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ControlRequest request = read_request(fuzz::text_of(data, size));
  if (const auto* refused = std::get_if<RequestRefused>(&request)) {
    fuzz::hold(!refused->error.empty(), "a refusal has words");
  } else if (const auto* order = std::get_if<SetMode>(&request); order != nullptr && order->time_limit) {
    fuzz::hold(*order->time_limit > Duration::zero(), "an override has a length");
  }
  return 0;
}
