#include "ports/line/line.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "base/log.h"
#include "base/unique_fd.h"
#include "core/line/round_trips.h"
#include "ports/line/tcp_header_filter.h"
#include "ports/line/tcp_headers.h"
#include "system/loop.h"

namespace voip {
namespace {

// Packets carry the kernel's time, so they need not be fetched one by one. What a fast line has beyond this is left unseen.
constexpr Duration fetch_interval = 20ms;
constexpr int most_packets = 500;  // in one fetch
constexpr int buffer_bytes = 512 * 1024;

Error failure(const std::string& what) {
  const int error = errno;
  std::string text = what + ": " + std::strerror(error);
  if (error == EPERM || error == EACCES) {
    text += ": needs CAP_NET_RAW";
  } else if (error == EAFNOSUPPORT) {
    text += ": the kernel has no packet sockets (CONFIG_PACKET), or the service may not open them (RestrictAddressFamilies)";
  }
  return Error{std::move(text)};
}

Result<UniqueFd> open_socket(const std::string& device) {
  const unsigned index = if_nametoindex(device.c_str());
  if (index == 0) {
    return failure("find the device " + device);
  }
  // Protocol 0: nothing comes in before the filter is there and the device is chosen.
  UniqueFd fd(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    return failure("open a packet socket");
  }
  auto filter = headers_of_tcp;
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return failure("attach a filter to a packet socket");
  }
  const int yes = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes) != 0) {
    return failure("set up a packet socket");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);  // packets that leave are shown to no other protocol
  address.sll_ifindex = static_cast<int>(index);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure("listen to packets on " + device);
  }
  return fd;
}

// When the kernel saw the packet, as its real-time clock has it.
std::optional<Loop::WallTime> time_of(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(part), sizeof time);
      const auto since_epoch = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
      return Loop::WallTime(std::chrono::duration_cast<Loop::WallTime::duration>(since_epoch));
    }
  }
  return std::nullopt;
}

class LineDelay : public Port {
 public:
  explicit LineDelay(FindWan find_wan) : find_wan_(std::move(find_wan)) {}

  Status open(Loop& loop) override {
    loop_ = &loop;
    return {};
  }

  void perform(const Action& action) override {
    const auto* order = std::get_if<MeasureDelay>(&action);
    if (order == nullptr) {
      return;
    }
    close();
    if (order->is_wanted) {
      begin();
    }
  }

  void close() override {
    if (socket_) {
      loop_->cancel(timer_);
      socket_.reset();
      round_trips_.reset();
    }
  }

 private:
  void begin() {
    const std::string wan = find_wan_();
    auto opened = wan.empty() ? Result<UniqueFd>(Error{"find the WAN: there is none now"}) : open_socket(wan);
    if (!opened) {
      if (problem_ != opened.error()) {
        problem_ = opened.error();
        log_warning("the delay on the line cannot be measured, so the queue is drained for qos.tc.drain_for: " + problem_);
      }
      return;
    }
    problem_.clear();
    socket_ = std::move(opened).value();
    round_trips_.emplace(loop_->now());
    fetch_later();
  }

  void fetch_later() {
    timer_ = loop_->call_at(loop_->now() + fetch_interval, [this] { fetch(); });
  }

  void fetch() {
    const Instant now = loop_->now();
    const Loop::WallTime wall_now = loop_->wall(now);
    for (int i = 0; i < most_packets && take_packet(now, wall_now); ++i) {
    }
    for (const DelayMeasured& sample : round_trips_->take()) {
      loop_->post(sample);
    }
    fetch_later();
  }

  // False when there is none.
  bool take_packet(Instant now, Loop::WallTime wall_now) {
    std::array<std::uint8_t, most_header_bytes> headers{};
    alignas(cmsghdr) std::array<char, 64> control{};
    sockaddr_ll from{};
    iovec part{headers.data(), headers.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (length < 0) {
      // ENETDOWN tells once that the device went down; if it comes back, so do its packets.
      return errno == ENETDOWN || errno == EINTR;
    }
    const auto segment = read_tcp_segment(std::span(headers).first(static_cast<std::size_t>(length)));
    if (!segment) {
      return true;
    }
    const auto age = wall_now - time_of(message).value_or(wall_now);
    const Instant at = now - std::chrono::duration_cast<Duration>(std::max(age, decltype(age)::zero()));
    if (from.sll_pkttype == PACKET_OUTGOING) {
      round_trips_->left(*segment, at);
    } else if (from.sll_pkttype == PACKET_HOST) {
      round_trips_->came(*segment, at);
    }
    return true;
  }

  const FindWan find_wan_;
  Loop* loop_ = nullptr;
  UniqueFd socket_;
  Loop::TimerId timer_ = 0;
  std::optional<RoundTrips> round_trips_;
  std::string problem_;  // the one that was told
};

}  // namespace

std::unique_ptr<Port> make_line_delay(FindWan find_wan) {
  return std::make_unique<LineDelay>(std::move(find_wan));
}

}  // namespace voip
