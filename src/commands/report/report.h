// The command report: what the calls were like that the daemon has kept. Needs no daemon. Returns its exit status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace voip {

struct ReportOptions {
  std::optional<std::string> config;
  std::uint32_t days = 7;  // today among them
  bool as_json = false;
};
int report_command(const ReportOptions& options);

}  // namespace voip
