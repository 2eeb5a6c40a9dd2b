// What is known of the line, as it stands on MQTT and in `status --json`.
#pragma once

#include "core/line_state.h"
#include "system/json.h"

namespace voip {

inline Json line_json(const LineState& line, const Calendar& calendar) {
  const auto number_or_null = [](const auto& number) { return number ? Json(*number) : Json(nullptr); };
  const auto ms_or_null = [](const std::optional<Duration>& queue) { return queue ? Json(queue->count()) : Json(nullptr); };
  const auto or_null_if_none = [](std::uint32_t kbit) { return kbit == 0 ? Json(nullptr) : Json(kbit); };
  // The newer of the two.
  const auto learnt =
      !line.up.learnt || (line.down.learnt && *line.down.learnt > *line.up.learnt) ? line.down.learnt : line.up.learnt;
  return {{"up_kbit", number_or_null(line.up.kbit)},
          {"down_kbit", number_or_null(line.down.kbit)},
          {"up_queue_ms", ms_or_null(line.up.queue)},
          {"down_queue_ms", ms_or_null(line.down.queue)},
          {"bottleneck", to_string(line.bottleneck)},
          {"learnt", instant_or_null(learnt, calendar)},
          {"up_learnt", instant_or_null(line.up.learnt, calendar)},
          {"down_learnt", instant_or_null(line.down.learnt, calendar)},
          {"up_calm_kbit", or_null_if_none(line.up.calm_kbit)},
          {"down_calm_kbit", or_null_if_none(line.down.calm_kbit)},
          {"up_shaped_kbit", or_null_if_none(line.up.shaped_kbit)},
          {"down_shaped_kbit", or_null_if_none(line.down.shaped_kbit)},
          {"step", or_null(line.step)},
          {"blocker", or_null(line.blocker)}};
}

}  // namespace voip
