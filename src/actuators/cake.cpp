#include "actuators/cake.h"
#include "base/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "actuators/shown.h"
#include "actuators/tc_profile.h"
#include "actuators/tc_state.h"

namespace voip::cake {
namespace {

enum Place : std::size_t { shapers, table };

// Of our filter: sqm-scripts redirects with prio 10, and ours has to come before it. The node is how it is known among others
// there, which are not ours to remove, and what keeps it from being added twice.
constexpr std::string_view preference = "3";
constexpr std::string_view node = "::ca1";
constexpr std::uint32_t dscp_bits = 0xfc000000;  // where a mark with a DSCP has it, for act_ctinfo

bool mark_has_dscp(const MarkSettings& mark) {
  return (mark.mask & dscp_bits) == dscp_bits && (mark.value & mark.mask & ~dscp_bits) != 0;
}

bool wants_upload(const Probe& probe, const QosSettings& settings, const Line& line) {
  const auto shaper = line.upload.empty() ? std::nullopt : find(probe, line.upload);
  return settings.mark_calls && shaper && shaper->has_classes && !line.hides_ip;
}

bool wants_download(const Probe& probe, const QosSettings& settings, const Line& line) {
  const auto shaper = line.download.empty() ? std::nullopt : find(probe, line.download);
  return settings.mark_calls && shaper && shaper->has_classes && mark_has_dscp(settings.call_mark) && !line.hides_ip;
}

const std::string& routed(const Line& line) {
  return line.routed.empty() ? line.upload : line.routed;
}

// Stands in the rule as its comment, so that what is there can be told from what should be.
std::string fingerprint(const QosSettings& settings, const Line& line) {
  return routed(line) + " " + hex(settings.call_mark.value) + "/" + hex(settings.call_mark.mask);
}

std::string rules_text(const QosSettings& settings, const Line& line) {
  const std::string match = "    oifname \"" + routed(line) + "\" ct mark and " + hex(settings.call_mark.mask) +
                            " == " + hex(settings.call_mark.value) + " ";
  const std::string end = " dscp set ef comment \"" + fingerprint(settings, line) + "\"\n";
  return tc::nft_removal() + "table inet " + std::string(tc::table) +
         " {\n  chain post {\n    type filter hook postrouting priority -149; policy accept;\n" + match + "ip" + end + match +
         "ip6" + end + "  }\n}\n";
}

struct Installed {
  bool has_table = false;
  bool table_is_right = false;
  std::string filter;  // the handle of ours; empty: it is not there
};

Installed installed(const Probe& probe, const QosSettings& settings, const Line& line) {
  Installed found;
  if (const CommandResult* listing = shown::result_at(probe, table); shown::ended_well(listing)) {
    found.has_table = true;
    found.table_is_right = listing->output.find('"' + fingerprint(settings, line) + '"') != std::string::npos;
  }
  const CommandResult* listing = shown::result_at(probe, shapers);
  if (listing == nullptr) {
    return found;
  }
  for (const std::string_view text : lines_of(listing->output)) {
    const auto words = words_of(text);
    const std::string_view handle = word_after(words, "fh");
    if (!words.empty() && words.front() == "filter" && word_after(words, "pref") == preference && handle.ends_with(node) &&
        handle.size() < 16 && tc::is_plain(std::string(handle.substr(0, handle.size() - node.size())))) {
      found.filter = handle;
    }
  }
  return found;
}

}  // namespace

std::string ifb_of(std::string_view device) {
  constexpr std::size_t longest_name = 15;
  return ("ifb4" + std::string(device)).substr(0, longest_name);
}

Line line_on(const std::string& device, const Probe& probe, const Site& site) {
  Line line{.wan = device, .upload = device, .download = device.empty() ? "" : ifb_of(device)};
  const Link* wan = site.wan == device ? nullptr : probe.find_link(site.wan);
  if (wan != nullptr) {
    line.routed = wan->name;
    line.hides_ip = wan->header == 0;  // a session has no header of Ethernet
  }
  return line;
}

Plan look(const Line& line) {
  std::string lines = "qdisc show\n";
  if (tc::is_plain(line.wan)) {
    lines += "filter show dev " + line.wan + " parent ffff:\n";
  }
  return {{.argv = {"tc", "-force", "-batch", "-"}, .input = std::move(lines)},
          {.argv = {"nft", "-t", "list", "table", "inet", std::string(tc::table)}}};
}

std::optional<Shaper> find(const Probe& probe, std::string_view device) {
  const CommandResult* listing = shown::result_at(probe, shapers);
  if (listing == nullptr) {
    return std::nullopt;
  }
  for (const std::string_view line : lines_of(listing->output)) {
    const auto words = words_of(line);
    const auto has = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    if (words.size() > 3 && words[0] == "qdisc" && words[1] == "cake" && word_after(words, "dev") == device && has("root")) {
      return Shaper{.has_classes = has("diffserv3") || has("diffserv4") || has("diffserv8"),
                    .bit_per_s = parse_rate(word_after(words, "bandwidth"))};
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  if (text == "unlimited") {
    return 0;
  }
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units{
      {{"bit", 1}, {"Kbit", 1'000}, {"Mbit", 1'000'000}, {"Gbit", 1'000'000'000}}};
  const std::size_t end = text.find_first_not_of("0123456789.");
  const std::string_view digits = text.substr(0, end);
  const std::size_t dot = std::min(digits.find('.'), digits.size());
  const auto whole = parse_number(digits.substr(0, dot));
  for (const auto& [unit, factor] : units) {
    if (!whole || end == std::string_view::npos || text.substr(end) != unit) {
      continue;
    }
    std::uint64_t rate = *whole * factor;
    std::uint64_t part = factor;
    for (const char digit : digits.substr(std::min(dot + 1, digits.size()))) {
      if (digit == '.') {
        return std::nullopt;
      }
      part /= 10;
      rate += static_cast<std::uint64_t>(digit - '0') * part;
    }
    return rate;
  }
  return std::nullopt;
}

bool is_rate(std::uint64_t bit_per_s, std::uint64_t kbit) {
  const std::uint64_t wished = kbit * 1000;
  const std::uint64_t difference = bit_per_s > wished ? bit_per_s - wished : wished - bit_per_s;
  return difference * 100 <= wished;
}

bool has_rules(const Probe& probe) {
  return shown::ended_well(shown::result_at(probe, table));
}

Command upload_rules(const QosSettings& settings, const Line& line) {
  return {.argv = {"nft", "-f", "-"}, .input = rules_text(settings, line)};
}

bool can_mark_download(const QosSettings& settings) {
  return settings.mark_calls && mark_has_dscp(settings.call_mark);
}

// With `continue`, so that the redirect to the IFB still runs.
Command download_filter(const QosSettings& settings, const Line& line) {
  return {.argv = {"tc",
                   "filter",
                   "add",
                   "dev",
                   line.wan,
                   "parent",
                   "ffff:",
                   "protocol",
                   "all",
                   "pref",
                   std::string(preference),
                   "handle",
                   std::string(node),
                   "u32",
                   "match",
                   "u32",
                   "0",
                   "0",
                   "flowid",
                   "1:1",
                   "action",
                   "ctinfo",
                   "dscp",
                   hex(dscp_bits),
                   hex(settings.call_mark.value & settings.call_mark.mask & ~dscp_bits),
                   "continue"}};
}

bool calls_are_right(const Probe& probe, const QosSettings& settings, const Line& line, bool is_wanted) {
  const Installed found = installed(probe, settings, line);
  const bool is_up = is_wanted && wants_upload(probe, settings, line);
  const bool is_down = is_wanted && wants_download(probe, settings, line);
  return (is_up ? found.table_is_right : !found.has_table) && is_down == !found.filter.empty();
}

std::string calls_problem(const Probe& probe, const QosSettings& settings, const Line& line, bool is_wanted) {
  if (calls_are_right(probe, settings, line, is_wanted)) {
    return {};
  }
  return is_wanted
             ? "what brings calls to the front of the queue is missing or out of date (nft table inet voip_qosd, filter with "
               "ctinfo)"
             : "what brought calls to the front of the queue is left over";
}

void append_calls(const Probe& probe, const QosSettings& settings, const Line& line, bool is_wanted, Plan& plan) {
  const Installed found = installed(probe, settings, line);
  const bool is_up = is_wanted && wants_upload(probe, settings, line);
  const bool is_down = is_wanted && wants_download(probe, settings, line);
  if (is_up && !found.table_is_right) {
    plan.push_back(upload_rules(settings, line));
  } else if (!is_up && found.has_table) {
    plan.push_back({.argv = {"nft", "-f", "-"}, .input = tc::nft_removal(), .may_fail = true});
  }
  if (is_down == !found.filter.empty() || !tc::is_plain(line.wan)) {
    return;
  }
  if (is_down) {
    plan.push_back(download_filter(settings, line));
  } else {
    plan.push_back({.argv = {"tc", "filter", "del", "dev", line.wan, "parent", "ffff:", "protocol", "all", "pref",
                             std::string(preference), "handle", found.filter, "u32"},
                    .may_fail = true});
  }
}

std::string remark(const Probe& probe, const QosSettings& settings, const Line& line) {
  if (!settings.mark_calls) {
    return "";
  }
  if (line.hides_ip) {
    return "calls come first in neither direction: the shaper is on " + line.wan + ", below " + line.routed +
           ", and sees nothing but frames of PPPoE; set the interface of its queue to " + line.routed;
  }
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (!line.upload.empty() && !wants_upload(probe, settings, line)) {
    add("calls do not come first in the upload: " +
        (find(probe, line.upload)
             ? "CAKE on " + line.upload + " has one class for all (take layer_cake.qos, not piece_of_cake.qos)"
             : "there is no CAKE on " + line.upload + " (with SQM take layer_cake.qos)"));
  }
  if (!line.download.empty() && !wants_download(probe, settings, line)) {
    const auto shaper = find(probe, line.download);
    add("calls do not come first in the download: " +
        (!shaper ? "there is no CAKE on " + line.download
         : !shaper->has_classes
             ? "CAKE on " + line.download + " has one class for all (with layer_cake.qos set squash_dscp 0 and squash_ingress 0)"
             : std::string("set qos.call_mark = \"0xb9000000/0xfd000000\", which holds the DSCP that act_ctinfo "
                           "reads")));
  }
  return text;
}

}  // namespace voip::cake
