#include "app/status_command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/control_client.h"

namespace voip {

// https://no-color.org: any value but an empty one.
Colour colour_of_output() {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): one thread
  const bool is_unwanted = no_color != nullptr && *no_color != '\0';
  return is_unwanted || ::isatty(STDOUT_FILENO) == 0 ? Colour::plain : Colour::coloured;
}

namespace {

int print(const Result<std::string>& text) {
  if (!text) {
    std::fprintf(stderr, "voip-qosd: %s\n", text.error().c_str());
    return exit_failed;
  }
  return std::fputs(text.value().c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? exit_done : exit_failed;
}

}  // namespace

int status_command(const StatusOptions& options) {
  const auto answer = ask_or_complain(options.daemon, "status");
  if (const int* exit_status = std::get_if<int>(&answer)) {
    return *exit_status;
  }
  const std::string& json = std::get<std::string>(answer);
  const auto text = status_text(json, colour_of_output());
  return text && options.as_json ? print(json + "\n") : print(text);
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
  return print(order_text(std::get<std::string>(answer), colour_of_output()));
}

}  // namespace voip
