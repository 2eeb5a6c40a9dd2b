// The configuration file: either settings, or problems with a place in the file.
#include "config/config.h"
#include "fuzz/fuzz.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const LoadedSettings loaded = parse_settings(fuzz::text_of(data, size), "fuzz.toml", NamedFiles::ignored);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
    fuzz::hold(!problems->empty(), "what is refused has a problem");
    for (const Problem& problem : *problems) {
      fuzz::hold(!problem.message.empty() && problem.line >= 0 && problem.column >= 0, "a problem has words and a place");
    }
  }
  return 0;
}
