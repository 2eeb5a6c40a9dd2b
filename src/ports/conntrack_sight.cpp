#include "ports/conntrack_sight.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr const char* accounting_file = "/proc/sys/net/netfilter/nf_conntrack_acct";
constexpr const char* events_file = "/proc/sys/net/netfilter/nf_conntrack_events";

// Nothing when there is no such switch.
std::optional<bool> read_switch(const char* path) {
  const UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4> text{};
  if (!file || read(file.get(), text.data(), text.size() - 1) <= 0) {
    return std::nullopt;
  }
  return text[0] != '0';
}

// The errno, or 0.
int turn_on(const char* path) {
  const UniqueFd file(open(path, O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), "1\n", 2) == 2 ? 0 : errno;
}

}  // namespace

ConntrackSwitches read_conntrack_switches() {
  return {read_switch(accounting_file), read_switch(events_file), faccessat(AT_FDCWD, accounting_file, W_OK, AT_EACCESS) == 0};
}

SightChanged look_at_switches(bool enable_accounting) {
  const auto accounting = read_switch(accounting_file);
  if (!accounting) {
    return {Sight::blind, "the kernel keeps no connection table here (no nf_conntrack): load the module nf_conntrack_netlink"};
  }
  if (!*accounting) {
    const std::string fix = "flows have no counters: run 'sysctl -w net.netfilter.nf_conntrack_acct=1'";
    if (!enable_accounting) {
      return {Sight::blind, fix + ", or set monitor.enable_accounting"};
    }
    if (const int error = turn_on(accounting_file); error != 0) {
      return {Sight::blind, fix + " (the daemon may not: " + std::strerror(error) + ")"};
    }
    log_info(
        "switched on the accounting of flows (net.netfilter.nf_conntrack_acct=1); flows that are already open stay uncounted");
  }
  if (!read_switch(events_file).value_or(false)) {
    return {Sight::limited,
            "conntrack events are off, so new flows are found late: run 'sysctl -w net.netfilter.nf_conntrack_events=2'"};
  }
  return {};
}

SightChanged judge_lookup(int error) {
  if (error == ENOENT) {
    return {};
  }
  if (error == EINVAL || error == EOPNOTSUPP || error == EPROTONOSUPPORT || error == EAFNOSUPPORT) {
    return {Sight::blind,
            "the kernel does not tell about connections: load the module nf_conntrack_netlink "
            "(OpenWrt: install kmod-nf-conntrack-netlink)"};
  }
  return {Sight::blind, std::string("look up a flow in conntrack: ") + std::strerror(error)};
}

}  // namespace voip
