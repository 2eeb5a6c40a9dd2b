#include "commands/status/status.h"

#include <string>

#include "commands/common/exit_status.h"
#include "commands/status/text.h"
#include "terminal/output.h"
#include "terminal/styled_line.h"

namespace voip {
namespace {

int failed(const std::string& why) {
  complain("voip-qosd: " + why);
  return exit_failed;
}

}  // namespace

int status_command(const StatusOptions& options) {
  const auto answer = ask_or_complain(options.daemon, "status");
  if (const int* exit_status = std::get_if<int>(&answer)) {
    return *exit_status;
  }
  const std::string& json = std::get<std::string>(answer);
  const Colour colour = colour_of_output();
  const auto text = status_text(json, colour);
  if (!text) {
    return failed(text.error());
  }
  return (options.as_json ? print_json(json + "\n") : print(*text, colour)) ? exit_done : exit_failed;
}

int qos_command(const QosOptions& options) {
  std::string request = "qos " + std::string(to_string(options.mode));
  if (options.time_limit) {
    request += " " + std::to_string(options.time_limit->count());
  }
  const auto answer = ask_or_complain(options.daemon, request);
  if (const int* exit_status = std::get_if<int>(&answer)) {
    return *exit_status;
  }
  const Colour colour = colour_of_output();
  const auto order = order_text(std::get<std::string>(answer), colour);
  if (!order) {
    return failed(order.error());
  }
  return print(order->text, colour) && !order->has_failed ? exit_done : exit_failed;
}

}  // namespace voip
