#include "ports/line/device_counters.h"

#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr std::size_t longest_listing = 262'144;

// The number that comes next; moves behind it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<DeviceCounters> parse_device_counters(std::string_view listing, std::string_view device) {
  while (!listing.empty()) {
    std::string_view line = listing.substr(0, listing.find('\n'));
    listing.remove_prefix(std::min(line.size() + 1, listing.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    // A name may hold a colon ("eth0:1"), and the numbers behind it none.
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos || line.substr(0, colon) != device) {
      continue;
    }
    line.remove_prefix(colon + 1);
    // bytes packets errs drop fifo frame compressed multicast, and of what was sent bytes packets.
    std::array<std::uint64_t, 10> numbers{};
    for (std::uint64_t& number : numbers) {
      const auto read = take_number(line);
      if (!read) {
        return std::nullopt;
      }
      number = *read;
    }
    return DeviceCounters{{.packets = numbers[1], .bytes = numbers[0]}, {.packets = numbers[9], .bytes = numbers[8]}};
  }
  return std::nullopt;
}

Result<DeviceCounters> read_device_counters(const std::string& device) {
  // That of this thread: another namespace than that of the first one is a matter of tests.
  const UniqueFd file(::open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC));
  std::string listing;
  std::array<char, 4096> part{};
  while (file && listing.size() < longest_listing) {
    const ssize_t bytes = ::read(file.get(), part.data(), part.size());
    if (bytes < 0 && errno == EINTR) {
      continue;
    }
    if (bytes <= 0) {
      break;
    }
    listing.append(part.data(), static_cast<std::size_t>(bytes));
  }
  if (const auto counters = parse_device_counters(listing, device)) {
    return *counters;
  }
  return Error{"count what passes " + device + ": /proc/net/dev " +
               (listing.empty() ? std::string("cannot be read: ") + std::strerror(errno) : "does not list it")};
}

std::uint32_t link_header_of(const std::string& device) {
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  device.copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
  const bool is_ethernet = !fd || ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
  return is_ethernet ? 14 : 0;
}

}  // namespace voip
