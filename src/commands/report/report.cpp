#include "commands/report/report.h"

#include <chrono>
#include <ctime>

#include "commands/common/exit_status.h"
#include "commands/report/figures.h"
#include "config/config.h"
#include "terminal/output.h"

namespace voip {
namespace {

// As the clocks of this machine show it.
std::int64_t local_day(std::int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm local{};
  localtime_r(&time, &local);
  const std::chrono::year_month_day date{std::chrono::year(local.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(local.tm_mon) + 1),
                                         std::chrono::day(static_cast<unsigned>(local.tm_mday))};
  return std::chrono::sys_days(date).time_since_epoch().count();
}

}  // namespace

int report_command(const ReportOptions& options) {
  const auto settings = load_or_complain(options.config, NamedFiles::ignored);
  if (!settings) {
    return exit_usage;
  }
  const auto kept = read_kept_calls(settings->node.state_dir);
  if (!kept) {
    complain("voip-qosd: " + kept.error() + "\nOnly the daemon's own user and root may read it: sudo voip-qosd report");
    return exit_failed;
  }
  const ReportFigures figures = figures_of(*kept, options.days, std::time(nullptr), local_day);
  const Colour colour = colour_of_output();
  const bool is_printed = options.as_json ? print_json(report_json(figures) + "\n")
                                          : print(report_text(figures, settings->node.keep_calls > 0, colour), colour);
  return is_printed ? exit_done : exit_failed;
}

}  // namespace voip
