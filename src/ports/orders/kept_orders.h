// What orders have changed, so that a restart does not undo it: the text of the file that it is kept in, what belongs into it,
// and what of it still counts. Pure; ports/orders/orders.h reads and writes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/events.h"
#include "core/live_settings.h"
#include "core/settings.h"
#include "core/time.h"

namespace voip {

// One moment on both clocks: the engine's, which begins anew with each start of the machine, and the calendar.
struct Moment {
  Instant instant;
  std::chrono::system_clock::time_point wall;
};

// An order counts as long as the configuration says what it said then: a later change of the file is the newer will.
template <typename T>
struct KeptValue {
  T ordered{};
  T configured{};
  friend bool operator==(const KeptValue&, const KeptValue&) = default;
};

struct KeptOverride {
  Mode mode = Mode::on;
  std::int64_t until_s = 0;  // Unix time
  // When it was written. A router without a battery starts with a clock that is years behind; an override must not last for
  // years.
  Duration left{};
};

struct KeptOrders {
  std::optional<KeptValue<Mode>> mode;
  std::optional<KeptValue<Duration>> release_after;
  std::optional<KeptValue<Duration>> override_for;
  std::optional<KeptValue<Sensitivity>> sensitivity;
  std::optional<KeptOverride> override_order;
};

// What is to be kept of what is in force.
KeptOrders orders_to_keep(const Settings& configured, const Report& report, const Moment& now);
// Whether a file that says `in_file` may stay as it is. An override that has ended by itself need not be taken out.
bool is_kept(const KeptOrders& in_file, const KeptOrders& wanted, const Moment& now);

// What is in force at a start.
OrdersInForce restored_orders(const KeptOrders& kept, const Settings& configured, const Moment& now);

// What is in force of an override that was restored, once the clock has been set: it may be over, or end sooner. Empty: as
// before.
std::optional<SetMode> corrected_override(const KeptOverride& restored, const Report& report, const Moment& now);

std::string to_text(const KeptOrders& kept);
// The same for the log: the lines without the head, separated by semicolons; empty: nothing is kept.
std::string summary(const KeptOrders& kept);

struct KeptOrdersRead {
  KeptOrders orders;    // all that could be read
  std::string problem;  // the first line that could not; empty: none
};
KeptOrdersRead parse_kept_orders(std::string_view text);
// In words, why a text cannot be the whole of what was written: a file system may lose the rest with the power. Empty: it is.
std::string why_not_whole(std::string_view text);

}  // namespace voip
