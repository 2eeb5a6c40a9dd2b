#include <algorithm>
#include <cstdio>
#include <string>

#include "commands/recording/tune.h"
#include "commands/recording/tune_run.h"

namespace voip {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

// A basic string of TOML; names come from files.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      result += '\\';
    }
    result += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return result + "\"";
}

std::string list(const std::vector<std::uint16_t>& ports) {
  std::string text = "[";
  for (const std::uint16_t port : ports) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(port);
  }
  return text + "]";
}

std::string delay_text(const std::vector<Duration>& delays, std::size_t place) {
  return delays.empty() ? "-" : seconds_text(delays.at(place)) + " s";
}

// Comment lines: what was found in a capture may hold line ends, which must not end the comment.
void comment(const std::string& line, std::string& text) {
  text += line.empty() ? "#" : "# ";
  for (const char letter : line) {
    text += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  text += "\n";
}

void table(const TuneResult& result, std::string& text) {
  std::size_t width = 0;
  for (const TuneRow& row : result.rows) {
    width = std::max(width, row.name.size());
  }
  comment(padded("", width) + "  calls found  delay median  longest  false alarms", text);
  for (const TuneRow& row : result.rows) {
    const TuneOutcome& outcome = row.outcome;
    const std::size_t last = outcome.delays.empty() ? 0 : outcome.delays.size() - 1;
    comment(padded(row.name, width) + "  " + right(std::to_string(outcome.found) + " of " + std::to_string(result.calls), 11) +
                "  " + right(delay_text(outcome.delays, outcome.delays.size() / 2), 12) + "  " +
                right(delay_text(outcome.delays, last), 7) + "  " + right(std::to_string(outcome.false_count), 12) +
                (&row == &result.rows[result.best] ? "  <- proposed" : ""),
            text);
  }
}

void toml(const Settings& settings, const Settings& present, std::string& text) {
  const CallsSettings& calls = settings.detector.calls;
  constexpr const char* words[] = {"low", "normal", "high"};
  text += "[detector]\nuse = \"" + settings.detector.use + "\"\n\n[detector.calls]\nsensitivity = \"" +
          words[static_cast<std::size_t>(calls.sensitivity)] + "\"\n";
  if (!calls.voip_ports.empty()) {
    text += "voip_ports = " + list(calls.voip_ports) + "\n";
  }
  if (!calls.never_ports.empty()) {
    text += "never_ports = " + list(calls.never_ports) + "\n";
  }
  for (const DeviceSettings& device : settings.devices) {
    if (std::find(present.devices.begin(), present.devices.end(), device) == present.devices.end()) {
      text += "\n[[device]]\nname = " + quoted(device.name) + "\naddress = \"" + device.address->to_string() +
              "\"\nrole = \"never\"\n";
    }
  }
}

}  // namespace

std::string to_text(const TuneResult& result, const std::vector<TuneCapture>& captures) {
  std::string text;
  comment("marked calls: " + std::to_string(result.calls) + ", captures: " + std::to_string(captures.size()), text);
  comment("", text);
  table(result, text);
  comment("", text);
  const TuneRow& best = result.rows.at(result.best);
  for (const std::string& missed : best.outcome.missed) {
    comment("still missed: " + missed, text);
  }
  for (const std::string& alarm : best.outcome.false_alarms) {
    comment("still a false alarm: " + alarm, text);
  }
  if (best.outcome.false_count > best.outcome.false_alarms.size()) {
    comment("... and " + std::to_string(best.outcome.false_count - best.outcome.false_alarms.size()) + " false alarms more",
            text);
  }
  const bool hides_lan = std::any_of(captures.begin(), captures.end(), [](const TuneCapture& capture) {
    const auto* recording = std::get_if<Recording>(&capture.traffic);
    return recording != nullptr && recording->hides_lan;
  });
  if (hides_lan) {
    comment("LAN addresses in these recordings are masked: put the true ones in place", text);
  }
  comment(result.best == 0 ? "The settings as they are do best." : "Proposed: " + best.name + ".", text);
  text += "\n";
  toml(best.settings, result.rows.front().settings, text);
  return text;
}

}  // namespace voip
