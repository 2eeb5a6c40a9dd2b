// A packet socket on one device, which gets the headers of TCP segments, or one packet in so many to be woken by. It sends
// nothing, and no payload reaches it: the kernel's filter passes headers alone. Needs CAP_NET_RAW.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/line/tcp_segment.h"

namespace voip {

// So many packets pass for one that wakes us up.
inline constexpr std::uint32_t packets_for_a_stir = 128;

// Becomes readable at some packet in either direction, the 128th on an average. What is read of it is one byte of a header.
Result<UniqueFd> open_stirring_socket(const std::string& device);

class HeaderSocket {
 public:
  struct Header {
    TcpSegment segment;
    bool leaves = false;  // else it came for this machine
    // When the kernel saw it, on its calendar.
    std::optional<std::chrono::system_clock::time_point> at;
  };
  enum class Reading : std::uint8_t { header, other, empty };

  Status open(const std::string& device);
  void close() { fd_.reset(); }
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }

  // Of the segments with payload that come, and of those without that leave, one in so many is passed from now on; a power of
  // two. All that is needed to count what leaves and arrives passes always.
  void thin_out(std::uint32_t one_in);
  // The next packet, if there is one: `header` is written if it is a segment. Never waits.
  Reading read(Header& header);
  // Packets that were lost since the last call because they came faster than they were read.
  std::uint32_t lost();

 private:
  UniqueFd fd_;
  std::uint32_t one_in_ = 1;
};

}  // namespace voip
