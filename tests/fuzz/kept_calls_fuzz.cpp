// The file of kept calls: what is read is in range, and is written as it is read back.
#include "fuzz/fuzz.h"
#include "ports/calls/calls.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const KeptCallsRead read = parse_kept_calls(fuzz::text_of(data, size));
  std::string text;
  for (const KeptCall& call : read.calls) {
    fuzz::hold(call.began_s >= 0 && call.duration_s >= 0 && !call.device.empty(), "what is read is in range");
    text += to_line(call);
  }
  const KeptCallsRead again = parse_kept_calls(text);
  fuzz::hold(again.bad_lines == 0 && again.calls == read.calls, "what is written is read as it was");
  static_cast<void>(compacted(fuzz::text_of(data, size), 3));
  return 0;
}
