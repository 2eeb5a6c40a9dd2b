#include "ports/orders/kept_orders.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "core/model.h"
#include "core/setting_orders.h"

namespace voip {
namespace {

constexpr std::string_view head = "# What orders have changed. voip-qosd writes this file and reads it when it starts.\n";
constexpr std::string_view tail = "end\n";
constexpr std::size_t longest_line_told = 60;
// Two clocks never agree to the second, and what was read is told again a little later.
constexpr std::int64_t same_end_s = 5;

std::int64_t unix_s(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

template <typename T>
std::optional<KeptValue<T>> kept_if_changed(T in_force, T configured) {
  return in_force == configured ? std::nullopt : std::optional(KeptValue<T>{in_force, configured});
}

template <typename T>
T restored_value(const std::optional<KeptValue<T>>& kept, T configured) {
  return kept && kept->configured == configured ? kept->ordered : configured;
}

template <typename T>
std::string line_of(std::string_view name, const std::optional<KeptValue<T>>& kept) {
  return kept ? std::string(name) + " " + std::string(to_string(kept->ordered)) + " configured " +
                    std::string(to_string(kept->configured)) + "\n"
              : std::string();
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) {
      words.push_back(line.substr(0, end));
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// Both readings or nothing.
template <typename T>
bool take(std::optional<KeptValue<T>>& kept, std::optional<T> ordered, std::optional<T> configured) {
  if (ordered && configured) {
    kept = KeptValue<T>{*ordered, *configured};
  }
  return ordered && configured;
}

std::optional<Duration> ordered_duration(std::string_view name, std::string_view word) {
  const auto order = read_setting(name, word);
  return order ? (name == "release_after" ? order->release_after : order->override_for) : std::nullopt;
}

bool take_override(KeptOrders& kept, const std::vector<std::string_view>& words) {
  const auto mode = parse_mode(words[1]);
  const auto left = parse_duration(words[5]);
  std::int64_t until_s = 0;
  const auto [end, error] = std::from_chars(words[3].data(), words[3].data() + words[3].size(), until_s);
  if (!mode || *mode == Mode::automatic || !left || error != std::errc{} || end != words[3].data() + words[3].size() ||
      until_s < 0 || *left > longest_time_limit) {
    return false;
  }
  kept.override_order = KeptOverride{*mode, until_s, *left};
  return true;
}

bool take_line(KeptOrders& kept, std::string_view line) {
  const auto words = words_of(line);
  if (words.empty() || words[0].front() == '#' || line == tail.substr(0, tail.size() - 1)) {
    return true;
  }
  if (words.size() == 6 && words[0] == "override" && words[2] == "until" && words[4] == "left") {
    return take_override(kept, words);
  }
  if (words.size() != 4 || words[2] != "configured") {
    return false;
  }
  if (words[0] == "mode") {
    return take(kept.mode, parse_mode(words[1]), parse_mode(words[3]));
  }
  if (words[0] == "sensitivity") {
    return take(kept.sensitivity, parse_sensitivity(words[1]), parse_sensitivity(words[3]));
  }
  if (words[0] == "release_after") {
    return take(kept.release_after, ordered_duration(words[0], words[1]), parse_duration(words[3]));
  }
  return words[0] == "override_for" && take(kept.override_for, ordered_duration(words[0], words[1]), parse_duration(words[3]));
}

// How long the override has still to go; zero when it is over.
Duration left_of(const KeptOverride& kept, const Moment& now) {
  const std::int64_t by_calendar_s = std::max<std::int64_t>(0, kept.until_s - unix_s(now.wall));
  return by_calendar_s < kept.left.count() / 1000 ? Duration(by_calendar_s * 1000) : kept.left;
}

bool is_same_override(const std::optional<KeptOverride>& in_file, const std::optional<KeptOverride>& wanted, const Moment& now) {
  if (!in_file || !wanted) {
    return !wanted && (!in_file || left_of(*in_file, now) <= Duration(same_end_s * 1000));
  }
  const std::int64_t apart_s =
      in_file->until_s > wanted->until_s ? in_file->until_s - wanted->until_s : wanted->until_s - in_file->until_s;
  return in_file->mode == wanted->mode && apart_s <= same_end_s;
}

}  // namespace

KeptOrders orders_to_keep(const Settings& configured, const Report& report, const Moment& now) {
  const LiveSettings by_file = live_settings(configured);
  KeptOrders kept;
  kept.mode = kept_if_changed(report.lasting_mode, configured.policy.mode);
  kept.release_after = kept_if_changed(report.settings.release_after, by_file.release_after);
  kept.override_for = kept_if_changed(report.settings.override_for, by_file.override_for);
  kept.sensitivity = kept_if_changed(report.settings.sensitivity, by_file.sensitivity);
  if (report.override_until && *report.override_until > now.instant) {
    const Duration left = *report.override_until - now.instant;
    kept.override_order = KeptOverride{report.mode, unix_s(now.wall + left), left};
  }
  return kept;
}

bool is_kept(const KeptOrders& in_file, const KeptOrders& wanted, const Moment& now) {
  return in_file.mode == wanted.mode && in_file.release_after == wanted.release_after &&
         in_file.override_for == wanted.override_for && in_file.sensitivity == wanted.sensitivity &&
         is_same_override(in_file.override_order, wanted.override_order, now);
}

OrdersInForce restored_orders(const KeptOrders& kept, const Settings& configured, const Moment& now) {
  const LiveSettings by_file = live_settings(configured);
  OrdersInForce in_force;
  in_force.orders.lasting = restored_value(kept.mode, configured.policy.mode);
  in_force.settings = {restored_value(kept.release_after, by_file.release_after),
                       restored_value(kept.override_for, by_file.override_for),
                       restored_value(kept.sensitivity, by_file.sensitivity)};
  if (kept.override_order) {
    if (const Duration left = left_of(*kept.override_order, now); left > Duration::zero()) {
      in_force.orders.override_mode = kept.override_order->mode;
      in_force.orders.override_until = now.instant + left;
    }
  }
  return in_force;
}

std::string to_text(const KeptOrders& kept) {
  std::string text = std::string(head) + line_of("mode", kept.mode) + line_of("release_after", kept.release_after) +
                     line_of("override_for", kept.override_for) + line_of("sensitivity", kept.sensitivity);
  if (kept.override_order) {
    text += "override " + std::string(to_string(kept.override_order->mode)) + " until " +
            std::to_string(kept.override_order->until_s) + " left " + to_string(kept.override_order->left) + "\n";
  }
  return text + std::string(tail);
}

std::string why_not_whole(std::string_view text) {
  if (text.empty()) {
    return "it is empty";
  }
  return text.ends_with(tail) ? "" : "its end is missing";
}

std::optional<SetMode> corrected_override(const KeptOverride& restored, const Report& report, const Moment& now) {
  const Duration left = left_of(restored, now);
  if (!report.override_until || *report.override_until <= now.instant + left) {
    return std::nullopt;
  }
  return left > Duration::zero() ? SetMode{.mode = restored.mode, .until_changed = false, .time_limit = left}
                                 : SetMode{.mode = report.lasting_mode, .until_changed = true, .time_limit = {}};
}

std::string summary(const KeptOrders& kept) {
  std::string line = to_text(kept).substr(head.size());
  line.resize(line.size() - tail.size());
  for (std::size_t end = line.find('\n'); end != std::string::npos; end = line.find('\n', end)) {
    line.replace(end, 1, end + 1 == line.size() ? "" : "; ");
  }
  return line;
}

KeptOrdersRead parse_kept_orders(std::string_view text) {
  KeptOrdersRead read;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!take_line(read.orders, text.substr(0, end)) && read.problem.empty()) {
      std::string line(text.substr(0, std::min(end, longest_line_told)));
      std::replace_if(
          line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
      read.problem = "line " + std::to_string(number) + " is not understood: \"" + line + "\"";
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return read;
}

}  // namespace voip
