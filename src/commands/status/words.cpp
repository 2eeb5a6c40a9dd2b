#include "commands/status/words.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "commands/common/moments.h"

namespace voip {
namespace {

std::string mbit(std::int64_t kbit) {
  std::array<char, 64> text{};
  const int decimals = kbit < 995 ? 2 : kbit < 9950 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, static_cast<double>(kbit) / 1000);
  return text.data();
}

std::string line_rates(const SeenLine& line, std::string_view now) {
  if (!line.up_kbit && !line.down_kbit) {
    return line.blocker.empty() ? "not known yet" : "";
  }
  const auto moment = seconds_of(line.learnt);
  const auto today = seconds_of(now);
  const std::string learnt = moment && today ? "learnt " + ago(*today - *moment) : "";
  if (line.up_kbit && line.down_kbit) {
    return mbit(*line.up_kbit) + " / " + mbit(*line.down_kbit) + " Mbit/s (up / down)" + (learnt.empty() ? "" : ", " + learnt);
  }
  const auto one = [](const std::optional<std::int64_t>& kbit) { return kbit ? mbit(*kbit) + " Mbit/s" : "not known yet"; };
  return "up " + one(line.up_kbit) + ", down " + one(line.down_kbit) + (learnt.empty() ? "" : "; " + learnt);
}

// Of a direction whose rate nobody knows: so much it carries at least, and that needed no shaping.
std::string passed_calmly(const SeenLine& line) {
  constexpr std::int64_t worth_telling_kbit = 250;
  std::string text;
  const auto add = [&text](const std::optional<std::int64_t>& known, const std::optional<std::int64_t>& calm,
                           std::string_view way) {
    if (!known && calm.value_or(0) >= worth_telling_kbit) {
      text += (text.empty() ? "" : " and ") + mbit(*calm) + " Mbit/s " + std::string(way);
    }
  };
  add(line.up_kbit, line.up_calm_kbit, "up");
  add(line.down_kbit, line.down_calm_kbit, "down");
  return text.empty() ? "" : text + " passed without a queue";
}

std::string line_queues(const SeenLine& line) {
  std::string text = line.up_queue_ms ? "up queue " + std::to_string(*line.up_queue_ms) + " ms" : "";
  if (line.down_queue_ms) {
    text += (text.empty() ? "" : ", ") + ("down queue " + std::to_string(*line.down_queue_ms) + " ms");
  }
  return text;
}

// Of those places that are worth a word.
std::string bottleneck_in_words(std::string_view place) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> words{
      {{"upload", "the upload is full"},
       {"download", "the download is full"},
       {"home", "the home is the bottleneck"},
       {"far_end", "the far end is the bottleneck"}}};
  for (const auto& [word, meaning] : words) {
    if (place == word) {
      return std::string(meaning);
    }
  }
  return {};
}

}  // namespace

std::string reason_in_words(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> words{
      {{"idle", "no call"},
       {"call", "a call is up"},
       {"release", "a call has just ended"},
       {"adopted", "found on at start"},
       {"manual", "ordered"},
       {"too_long", "on for too long, not believed any more"},
       {"pause", "a pause before it comes on"},
       {"stopping", "the daemon ends"}}};
  for (const auto& [word, meaning] : words) {
    if (reason == word) {
      return std::string(meaning);
    }
  }
  return std::string(reason);
}

std::string clock(std::string_view moment, std::string_view now) {
  constexpr std::size_t date_length = 10;
  if (moment.size() != 20) {
    return std::string(moment);
  }
  const std::string time = std::string(moment.substr(date_length + 1, 8)) + " UTC";
  const bool is_today = moment.substr(0, date_length) == now.substr(0, date_length);
  return is_today ? time : std::string(moment.substr(0, date_length)) + " " + time;
}

std::string span(std::int64_t seconds) {
  std::array<char, 64> text{};
  const auto minutes = static_cast<long long>(seconds / 60);
  const auto rest = static_cast<int>(seconds % 60);
  if (minutes < 60) {
    std::snprintf(text.data(), text.size(), "%lld:%02d", minutes, rest);
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02d", minutes / 60, minutes % 60, rest);
  }
  return text.data();
}

std::string rate(std::int64_t bit_per_s, std::int32_t packets_per_s) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f kbit/s %d/s", static_cast<double>(bit_per_s) / 1000, packets_per_s);
  return text.data();
}

std::string call_words(const SeenCall& call) {
  std::string words = span(call.seconds);
  if (call.is_presumed) {
    words += " presumed";
  }
  if (call.kind != to_string(CallKind::unknown)) {
    words += " ";
    words += call.kind;
  }
  return words;
}

Line qos_words(const SeenStatus& status) {
  const std::string reason = " (" + reason_in_words(status.reason) + ")";
  if (!status.is_on) {
    return {{"unknown", Tone::red}, {std::string(", wanted ") + (status.is_wanted ? "on" : "off")}, {reason}};
  }
  Line line{*status.is_on ? Piece{"on", Tone::green} : Piece{"off", Tone::bold}};
  if (*status.is_on != status.is_wanted) {
    line.push_back({status.is_wanted ? ", wanted on" : ", wanted off", Tone::yellow});
  }
  line.push_back({reason});
  return line;
}

std::string mode_words(const SeenStatus& status) {
  return status.mode + (status.override_until ? ", until " + clock(*status.override_until, status.time) : "");
}

Piece sight_words(const SeenStatus& status) {
  return {"the detector is " + status.sight + (status.sight_reason.empty() ? "" : ": " + status.sight_reason),
          status.sight == "blind" ? Tone::red : Tone::yellow};
}

Line line_words(const SeenStatus& status) {
  Line words;
  const auto add = [&words](Piece piece) {
    if (!piece.text.empty()) {
      if (!words.empty()) {
        words.push_back({"; "});
      }
      words.push_back(std::move(piece));
    }
  };
  if (status.line) {
    const SeenLine& line = *status.line;
    add({line_rates(line, status.time)});
    add({passed_calmly(line)});
    add({bottleneck_in_words(line.bottleneck), Tone::yellow});
    add({line_queues(line)});
    add({line.step});
    add({line.blocker.empty() ? "" : "not looked at: " + line.blocker});
  }
  return words;
}

Line quality_words(const SeenStatus& status) {
  if (!status.quality || status.quality->device.empty()) {
    return {};
  }
  const CallQuality& quality = status.quality->quality;
  const Tone tone = quality.grade == Grade::bad ? Tone::red : quality.grade == Grade::fair ? Tone::yellow : Tone::plain;
  return {{in_words(quality), tone},
          {std::string(status.calls > 0 ? ", of " : ", of the last call, of ") + status.quality->device}};
}

std::vector<Piece> problems(const SeenStatus& status) {
  std::vector<Piece> found;
  if (!status.error.empty()) {
    found.push_back({status.error, Tone::red});
  }
  if (status.sight != "ok") {
    found.push_back(sight_words(status));
  }
  if (!status.remark.empty()) {
    found.push_back({status.remark, Tone::yellow});
  }
  return found;
}

bool is_near(const SeenFlow& flow) {
  return !flow.in_call && flow.score > 0 && 3 * flow.score >= 2 * flow.threshold;
}

std::string reason_beside_score(const SeenFlow& flow) {
  if (!flow.has_counters) {
    return no_counters;
  }
  std::string reason = flow.reason;
  const std::string score = "; score " + std::to_string(flow.score) + " of " + std::to_string(flow.threshold);
  if (const std::size_t at = reason.find(score); at != std::string::npos) {
    reason.erase(at, score.size());
  }
  constexpr std::string_view packets = " packets/s";
  for (std::size_t at = 0; (at = reason.find(packets, at)) != std::string::npos;) {
    reason.replace(at, packets.size(), "/s");
  }
  return reason;
}

}  // namespace voip
