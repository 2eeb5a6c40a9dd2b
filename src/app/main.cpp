#include <cstdio>
#include <span>

#include "app/check_config_command.h"
#include "app/doctor_command.h"
#include "app/mqtt_purge_command.h"
#include "app/options.h"
#include "app/record_command.h"
#include "app/replay_command.h"
#include "app/run.h"
#include "app/status_command.h"
#include "app/tune_command.h"
#include "app/watch_command.h"
#include "core/events.h"

int main(int argc, char** argv) {
  using namespace voip;
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
                        [](const MqttPurgeOptions& purge) { return mqtt_purge_command(purge); },
                        [](const TextOptions& text) {
                          std::fputs(text.text.c_str(), text.exit_status == exit_done ? stdout : stderr);
                          return text.exit_status;
                        },
                    },
                    options);
}
