#include <span>

#include "app/inherited.h"
#include "app/options.h"
#include "app/run.h"
#include "base/left_out.h"
#include "core/events.h"
#include "terminal/output.h"

int main(int argc, char** argv) {
  using namespace voip;
  if (!put_inherited_right()) {
    complain("open /dev/null, in the place of a standard descriptor that is closed: it does not work");
    return exit_failed;
  }
  const Options options =
      parse_options(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0));
  return std::visit(
      Overloaded{
          [](const RunOptions& run) { return run_daemon(run.config); },
          [](const CheckConfigOptions& check) { return check_config_command(check); },
          [](const RecordOptions& record) { return has_part("record") ? record_command(record) : exit_usage; },
          [](const TuneOptions& tune) { return has_part("tune") ? tune_command(tune) : exit_usage; },
          [](const ReportOptions& report) { return has_part("report") ? report_command(report) : exit_usage; },
          [](const ReplayOptions& replay) { return has_part("replay") ? replay_command(replay) : exit_usage; },
          [](const StatusOptions& status) { return status_command(status); },
          [](const WatchOptions& watch) { return has_part("watch") ? watch_command(watch) : exit_usage; },
          [](const QosOptions& qos) { return qos_command(qos); },
          [](const DoctorOptions& doctor) { return has_part("doctor") ? doctor_command(doctor) : exit_usage; },
          [](const SetupOptions& setup) { return has_part("setup") ? setup_command(setup) : exit_usage; },
          [](const MqttPurgeOptions& purge) { return has_part("mqtt-purge") ? mqtt_purge_command(purge) : exit_usage; },
          [](const LendSocketOptions&) { return has_part("lend-socket") ? lend_socket() : exit_usage; },
          [](const TextOptions& text) {
            if (text.exit_status == exit_done) {
              return print(text.text) ? exit_done : exit_failed;
            }
            complain(text.text);
            return text.exit_status;
          },
      },
      options);
}
