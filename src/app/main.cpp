#include <span>

#include "app/inherited.h"
#include "app/options.h"
#include "app/run.h"
#include "core/events.h"
#include "terminal/output.h"

int main(int argc, char** argv) {
  using namespace voip;
  if (!put_inherited_right()) {
    complain("open /dev/null, in the place of a standard descriptor that is closed: it does not work");
    return exit_failed;
  }
  const Options options = parse_options(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  return std::visit(Overloaded{
                        [](const RunOptions& run) { return run_daemon(run.config); },
                        [](const CheckConfigOptions& check) { return check_config_command(check); },
                        [](const RecordOptions& record) { return record_command(record); },
                        [](const TuneOptions& tune) { return tune_command(tune); },
                        [](const ReplayOptions& replay) { return replay_command(replay); },
                        [](const StatusOptions& status) { return status_command(status); },
                        [](const WatchOptions& watch) { return watch_command(watch); },
                        [](const QosOptions& qos) { return qos_command(qos); },
                        [](const DoctorOptions& doctor) { return doctor_command(doctor); },
                        [](const SetupOptions& setup) { return setup_command(setup); },
                        [](const MqttPurgeOptions& purge) { return mqtt_purge_command(purge); },
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
