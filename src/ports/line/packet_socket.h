// A packet socket on one device, which gets the headers of TCP segments. It sends nothing, and no payload reaches it: the
// kernel's filter passes headers alone. Needs CAP_NET_RAW, or a socket that was lent.
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

class HeaderSocket {
 public:
  struct Header {
    TcpSegment segment;
    bool leaves = false;  // else it came for this machine
    // When the kernel saw it, on its calendar.
    std::optional<std::chrono::system_clock::time_point> at;
  };
  enum class Reading : std::uint8_t { header, other, empty };

  // `lent`: used in the place of a socket of its own, again and again; -1: there is none.
  explicit HeaderSocket(int lent = -1) : lent_(lent) {}

  // It passes openings.
  Status open(const std::string& device);
  void close();
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // The device of that name is still the one that it was opened on: one that is made anew, as PPPoE does, is another.
  [[nodiscard]] bool is_on(const std::string& device) const;

  // From now on: segments that open a connection; and, if it stirs, one packet in many besides, of which nothing is told but that
  // it passed.
  void pass_openings(bool stirs);
  // From now on: the headers of all segments; of those with payload that come, and of those without that leave, one in so many, a
  // power of two. All that is needed to count what leaves and arrives passes always.
  void pass_headers(std::uint32_t one_in);
  // The next packet, if there is one: `header` is written if it is a segment. Never waits.
  Reading read(Header& header);
  // Packets that were lost since the last call because they came faster than they were read.
  std::uint32_t lost();

 private:
  enum class Passing : std::uint8_t { openings, openings_and_some, headers };
  void pass(Passing what, std::uint32_t one_in);

  const int lent_;
  UniqueFd fd_;
  unsigned index_ = 0;  // of the device
  Passing passing_ = Passing::openings;
  std::uint32_t one_in_ = 0;  // of headers
};

}  // namespace voip
