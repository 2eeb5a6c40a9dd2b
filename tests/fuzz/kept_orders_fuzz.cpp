// The files of kept orders, of the line, and of the names under which MQTT knew us: what is read is in range, and is written as
// it is read back.
#include "core/live_settings.h"
#include "fuzz/fuzz.h"
#include "ports/line/device_counters.h"
#include "ports/line/kept_line.h"
#include "ports/mqtt/past.h"
#include "ports/orders/kept_orders.h"

using namespace voip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const KeptOrdersRead read = parse_kept_orders(fuzz::text_of(data, size));
  const KeptOrdersRead again = parse_kept_orders(to_text(read.orders));
  fuzz::hold(again.problem.empty(), "what is written can be read");
  fuzz::hold(to_text(again.orders) == to_text(read.orders), "what is written is read as it was");
  const Moment now{Instant(1h), std::chrono::system_clock::time_point(std::chrono::seconds(1'755'000'000))};
  const OrdersInForce in_force = restored_orders(read.orders, Settings{}, now);
  fuzz::hold(in_force.settings.release_after >= Duration::zero() && in_force.settings.release_after <= longest_release &&
                 in_force.settings.override_for >= shortest_override && in_force.settings.override_for <= longest_override,
             "what is restored is in range");
  if (const auto name = parse_mqtt_name(fuzz::text_of(data, size))) {
    fuzz::hold(parse_mqtt_name(to_text(*name)) == name, "a name is read as it is written");
    fuzz::hold((name->base_topic + name->node_id + name->prefix).find_first_of("+#") == std::string::npos, "a name is of one");
  }
  const LineMoment moment{now.instant, now.wall};
  if (const auto line = parse_kept_line(fuzz::text_of(data, size), moment)) {
    const auto written = parse_kept_line(to_text(*line, moment), moment);
    fuzz::hold(written && written->line == line->line && written->device == line->device, "a line is read as it is written");
    fuzz::hold(line->line.up.learnt.value_or(now.instant) <= now.instant, "nothing was learnt in the future");
  }
  static_cast<void>(parse_device_counters(fuzz::text_of(data, size), "wan"));
  return 0;
}
