#include "actuators/tc_state.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace voip::tc {
namespace {

constexpr std::size_t most_devices = 16;
constexpr std::size_t most_stacked = 8;  // as many as the kernel allows

bool is_our_handle(std::uint32_t handle) {
  const std::uint32_t major = handle >> 16U;
  const std::uint32_t digit = major & 0xfU;
  const auto is_in = [&](std::uint32_t tree) {
    return major == tree || (major >> 4U == tree && digit >= calls_leaf && digit <= settled_marker);
  };
  return is_in(upload_major) || is_in(download_major);
}

using Part = std::tuple<std::string, std::string, std::uint32_t>;  // device, kind, major

std::set<Part> our_parts(const Probe& probe) {
  std::set<Part> parts;
  for (const Qdisc& qdisc : probe.qdiscs) {
    if (is_our_handle(qdisc.handle)) {
      const std::uint32_t major = qdisc.handle >> 16U;
      // Either of the two is right there: it is what the kernel has.
      const bool is_bulk = major == leaf_major(upload_major, bulk_leaf) || major == leaf_major(download_major, bulk_leaf);
      parts.emplace(qdisc.device, is_bulk && qdisc.kind == "cake" ? "tbf" : qdisc.kind, major);
    }
  }
  return parts;
}

std::set<Part> parts_of(const Layout& layout, std::uint32_t marker) {
  std::set<Part> parts;
  const auto add_tree = [&](const std::string& device, std::uint32_t tree) {
    parts.emplace(device, "htb", tree);
    parts.emplace(device, "pfifo", leaf_major(tree, calls_leaf));
    parts.emplace(device, "pfifo", leaf_major(tree, small_leaf));
    parts.emplace(device, "tbf", leaf_major(tree, bulk_leaf));
  };
  if (layout.shapes_download()) {
    add_tree(std::string(ifb), download_major);
  }
  if (layout.shapes_upload()) {
    add_tree(layout.wan, upload_major);
  }
  parts.emplace(layout.shapes_upload() ? layout.wan : std::string(ifb), "pfifo",
                leaf_major(layout.shapes_upload() ? upload_major : download_major, marker));
  return parts;
}

}  // namespace

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_plain(std::string_view device) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";
  return !device.empty() && device.front() != '-' && device.find_first_not_of(letters) == std::string_view::npos;
}

Frames frames_of(const Probe& probe, const std::string& device) {
  const Link* link = probe.find_link(device);
  return link == nullptr ? Frames{} : Frames{.mtu = link->mtu, .header = link->header};
}

// What goes out of br-lan.10 goes out of br-lan too, what goes out of br-lan goes out of its ports, and none must be shaped
// twice.
bool leaves_by_another_of(const Probe& probe, const std::vector<std::string>& devices, const std::string& device) {
  const auto is_port = [&](const Link& link) { return contains(devices, link.bridge); };
  const Link* link = probe.find_link(device);
  if (link != nullptr && is_port(*link)) {
    return true;
  }
  for (std::size_t depth = 0; link != nullptr && depth < most_stacked; ++depth) {
    link = probe.find_link(link->lower);
    if (link != nullptr && contains(devices, link->name) && !is_port(*link)) {
      return true;
    }
  }
  return false;
}

Layout layout_of(const Probe& probe, const QosSettings& settings, const Site& site) {
  Layout layout;
  if (settings.tc.upload_kbit != 0) {
    layout.wan = site.wan;
  }
  if (settings.tc.download_kbit != 0) {
    const auto& wished = settings.tc.lan.empty() ? site.lan : settings.tc.lan;
    for (const std::string& device : wished) {
      if (probe.find_link(device) != nullptr && device != site.wan && !leaves_by_another_of(probe, wished, device) &&
          !contains(layout.lan, device) && layout.lan.size() < most_devices) {
        layout.lan.push_back(device);
      }
    }
  }
  layout.upload = frames_of(probe, site.wan);
  // What goes out to the LAN came in by the WAN, so the smaller MTU of the two is the limit.
  if (!layout.lan.empty()) {
    layout.download = frames_of(probe, layout.lan.front());
    for (const std::string& device : layout.lan) {
      const Frames frames = frames_of(probe, device);
      layout.download.mtu = std::max(layout.download.mtu, frames.mtu);
      layout.download.header = std::min(layout.download.header, frames.header);
    }
    layout.download.mtu = std::min(layout.download.mtu, layout.upload.mtu);
  }
  return layout;
}

Command batch(std::string lines) {
  return {.argv = {"tc", "-batch", "-"}, .input = std::move(lines)};
}

std::vector<std::string> devices_with_clsact(const Probe& probe) {
  std::vector<std::string> devices;
  for (const Qdisc& qdisc : probe.qdiscs) {
    if (qdisc.kind == "clsact" && devices.size() < most_devices && is_plain(qdisc.device)) {
      devices.push_back(qdisc.device);
    }
  }
  return devices;
}

Plan show_filters(const Probe& seen) {
  Plan plan;
  for (const std::string& device : devices_with_clsact(seen)) {
    std::string lines;
    for (const std::string_view hook : {"egress", "ingress"}) {
      lines.append("filter show dev ").append(device).append(" ").append(hook).append("\n");
    }
    plan.push_back(batch(std::move(lines)));
  }
  return plan;
}

Filters filters_of(const Probe& probe, std::size_t place) {
  Filters filters;
  if (place >= probe.results.size() || probe.results[place].exit_status != 0) {
    filters.has_foreign = true;
    return filters;
  }
  const std::string_view output = probe.results[place].output;
  const std::string ours = " pref " + std::to_string(preference) + " ";
  for (std::size_t begin = 0; begin < output.size();) {
    const std::size_t end = std::min(output.find('\n', begin), output.size());
    const std::string_view line = output.substr(begin, end - begin);
    if (line.substr(0, 7) == "filter ") {
      (line.find(ours) != std::string_view::npos ? filters.has_ours : filters.has_foreign) = true;
    }
    begin = end + 1;
  }
  return filters;
}

bool is_up_to_date(const Probe& probe, std::uint32_t fingerprint) {
  return std::none_of(probe.qdiscs.begin(), probe.qdiscs.end(), [&](const Qdisc& qdisc) {
    const std::uint32_t digit = qdisc.handle >> 16U & 0xfU;
    const bool is_marker = is_our_handle(qdisc.handle) && (digit == draining_marker || digit == settled_marker);
    return is_marker && qdisc.limit != 0 && qdisc.limit != fingerprint;
  });
}

bool shapes_something(const Probe& probe) {
  return std::any_of(probe.qdiscs.begin(), probe.qdiscs.end(),
                     [](const Qdisc& qdisc) { return qdisc.kind == "htb" && qdisc.is_at_root() && is_our_handle(qdisc.handle); });
}

bool has_something_of_ours(const Probe& probe) {
  if (probe.find_link(ifb) != nullptr || !our_parts(probe).empty()) {
    return true;
  }
  const std::size_t devices = devices_with_clsact(probe).size();
  for (std::size_t place = 0; place < devices; ++place) {
    // A redirect to a device that is gone swallows all that goes to the LAN.
    if (filters_of(probe, place).has_ours) {
      return true;
    }
  }
  return false;
}

Found find_ours(const Probe& probe, const Layout& layout) {
  if (!has_something_of_ours(probe)) {
    return Found::nothing;
  }
  std::vector<std::string> redirected;
  const auto devices = devices_with_clsact(probe);
  for (std::size_t place = 0; place < devices.size(); ++place) {
    if (filters_of(probe, place).has_ours) {
      redirected.push_back(devices[place]);
    }
  }
  const bool is_redirected =
      redirected.size() == layout.lan.size() &&
      std::all_of(layout.lan.begin(), layout.lan.end(), [&](const std::string& device) { return contains(redirected, device); });
  const Link* download = probe.find_link(ifb);
  if ((layout.shapes_upload() || layout.shapes_download()) && is_redirected &&
      (download != nullptr) == layout.shapes_download() && (download == nullptr || download->is_up)) {
    const auto ours = our_parts(probe);
    if (ours == parts_of(layout, draining_marker)) {
      return Found::draining;
    }
    if (ours == parts_of(layout, settled_marker)) {
      return Found::settled;
    }
  }
  return Found::remains;
}

}  // namespace voip::tc
