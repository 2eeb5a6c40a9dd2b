#include <algorithm>
#include <array>
#include <utility>

#include "base/words.h"
#include "ports/calls/calls.h"
#include "system/json.h"
#include "system/json_reader.h"

namespace voip {
namespace {

constexpr std::size_t longest_text = 200;
constexpr std::int64_t latest_s = 253'402'300'799;  // the year 9999
constexpr std::int64_t longest_s = 366LL * 24 * 3600;
constexpr std::int64_t most_bit_per_s = 100'000'000'000;
constexpr std::int64_t longest_ms = 24LL * 3600 * 1000;

template <typename T, std::size_t n>
std::optional<T> word_of(const JsonValue& line, std::string_view key, const std::array<T, n>& all) {
  const std::string_view word = line.text_of(key);
  const auto found = std::find_if(all.begin(), all.end(), [word](T one) { return to_string(one) == word; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

// Empty where it is not there; one that is out of range makes the line a bad one.
std::optional<std::int64_t> number_of(const JsonValue& line, std::string_view key, std::int64_t most, bool& is_bad) {
  const auto number = line.number_of(key);
  is_bad = is_bad || (number ? *number < 0 || *number > most : line.find(key) != nullptr);
  return number;
}

std::optional<Duration> delay_of(const JsonValue& line, std::string_view key, bool& is_bad) {
  const auto number = number_of(line, key, longest_ms, is_bad);
  return number ? std::optional(Duration(*number)) : std::nullopt;
}

std::optional<std::uint32_t> small_of(const JsonValue& line, std::string_view key, std::int64_t most, bool& is_bad) {
  const auto number = number_of(line, key, most, is_bad);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

std::optional<KeptCall> parse_line(std::string_view text) {
  const auto line = read_json(text);
  if (!line || line->kind != JsonValue::Kind::object) {
    return std::nullopt;
  }
  bool is_bad = false;
  const auto began = number_of(*line, "began_s", latest_s, is_bad);
  const auto duration = number_of(*line, "duration_s", longest_s, is_bad);
  const auto up = number_of(*line, "up_bit_per_s", most_bit_per_s, is_bad);
  const auto down = number_of(*line, "down_bit_per_s", most_bit_per_s, is_bad);
  const auto grade = word_of(*line, "grade", all_grades);
  KeptCall call{.device = std::string(line->text_of("device")), .remote = std::string(line->text_of("remote"))};
  call.quality.mos_hundredths = small_of(*line, "mos_hundredths", 500, is_bad);
  call.quality.missing_permille = small_of(*line, "missing_permille", 1000, is_bad);
  call.quality.delay = delay_of(*line, "delay_ms", is_bad);
  call.until_qos = delay_of(*line, "until_qos_ms", is_bad);
  call.queue_delays.without_qos = delay_of(*line, "delay_without_ms", is_bad);
  call.queue_delays.with_qos = delay_of(*line, "delay_with_ms", is_bad);
  if (is_bad || !began || !duration || !up || !down || !grade || call.device.empty() || call.device.size() > longest_text ||
      call.remote.size() > longest_text) {
    return std::nullopt;
  }
  call.began_s = *began;
  call.duration_s = *duration;
  call.up_bit_per_s = *up;
  call.down_bit_per_s = *down;
  call.quality.grade = *grade;
  call.kind = word_of(*line, "kind", all_call_kinds).value_or(CallKind::unknown);  // versions before it did not tell
  call.quality.cause = word_of(*line, "cause", all_causes);
  call.had_qos = line->is_true("had_qos");
  call.was_compared = line->is_true("compared");
  call.is_cut = line->is_true("cut");
  return call;
}

// What is not known, or not so, is left out.
template <typename T>
void put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) {
    json[key] = *value;
  }
}

void put(Json& json, const char* key, const std::optional<Duration>& value) {
  if (value) {
    json[key] = std::clamp<std::int64_t>(value->count(), 0, longest_ms);
  }
}

void put(Json& json, const char* key, bool is_so) {
  if (is_so) {
    json[key] = true;
  }
}

}  // namespace

KeptCall kept_call(const Call& call, std::int64_t began_s, bool is_cut) {
  KeptCall kept{.began_s = std::clamp<std::int64_t>(began_s, 0, latest_s),
                .duration_s = std::min(seconds_since(call.started, call.ended.value_or(call.started)), longest_s),
                .device = call.device.substr(0, longest_text),
                .remote = remote_network(call.first_flow.server.address).to_string(),
                .up_bit_per_s = std::clamp<std::int64_t>(call.rates.up_bit_per_s, 0, most_bit_per_s),
                .down_bit_per_s = std::clamp<std::int64_t>(call.rates.down_bit_per_s, 0, most_bit_per_s)};
  kept.kind = call.kind;
  kept.quality = call.quality;
  kept.had_qos = call.had_qos;
  if (call.first_packet && call.qos_came && *call.qos_came >= *call.first_packet) {
    kept.until_qos = *call.qos_came - *call.first_packet;
  }
  kept.was_compared = call.was_compared;
  kept.queue_delays = call.queue_delays;
  kept.is_cut = is_cut;
  return kept;
}

std::string to_line(const KeptCall& call) {
  Json json;
  json["began_s"] = call.began_s;
  json["duration_s"] = call.duration_s;
  json["device"] = call.device;
  json["remote"] = call.remote;
  json["up_bit_per_s"] = call.up_bit_per_s;
  json["down_bit_per_s"] = call.down_bit_per_s;
  if (call.kind != CallKind::unknown) {
    json["kind"] = to_string(call.kind);
  }
  json["grade"] = to_string(call.quality.grade);
  put(json, "mos_hundredths", call.quality.mos_hundredths);
  put(json, "missing_permille", call.quality.missing_permille);
  put(json, "delay_ms", call.quality.delay);
  if (call.quality.cause) {
    json["cause"] = to_string(*call.quality.cause);
  }
  put(json, "had_qos", call.had_qos);
  put(json, "until_qos_ms", call.until_qos);
  put(json, "compared", call.was_compared);
  put(json, "delay_without_ms", call.queue_delays.without_qos);
  put(json, "delay_with_ms", call.queue_delays.with_qos);
  put(json, "cut", call.is_cut);
  return text_of(json) + "\n";
}

KeptCallsRead parse_kept_calls(std::string_view text) {
  KeptCallsRead read;
  for (const std::string_view line : lines_of(text)) {
    if (auto call = parse_line(line)) {
      read.calls.push_back(std::move(*call));
    } else {
      read.bad_lines += line.empty() ? 0 : 1;
    }
  }
  return read;
}

std::optional<std::string> compacted(std::string_view text, std::size_t most) {
  if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) < 2 * most) {
    return std::nullopt;
  }
  const KeptCallsRead read = parse_kept_calls(text);
  std::string lines;
  for (std::size_t i = read.calls.size() - std::min(most, read.calls.size()); i < read.calls.size(); ++i) {
    lines += to_line(read.calls[i]);
  }
  return lines;
}

}  // namespace voip
