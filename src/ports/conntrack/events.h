// Takes in the kernel's events of new and ended flows, in bulk: at once, or when asked to, so that many come by one wake-up.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ports/conntrack/filter.h"
#include "ports/conntrack/messages.h"
#include "ports/conntrack/socket.h"
#include "system/loop.h"

namespace voip {

class ConntrackEvents {
 public:
  struct Sizes {
    int buffer_bytes = 0;   // what nobody has read yet; some 320 bytes for each event
    int largest_bytes = 0;  // it is doubled up to this when it was too little
  };

  ConntrackEvents(Loop& loop, ReceiveBuffers& buffers, Sizes sizes) : loop_(loop), buffers_(buffers), sizes_(sizes) {}
  ~ConntrackEvents() { close(); }
  ConntrackEvents(const ConntrackEvents&) = delete;
  ConntrackEvents& operator=(const ConntrackEvents&) = delete;

  enum class What : std::uint8_t {
    born,  // some time ago
    born_just_now,
    ended,
  };
  using Take = std::function<void(const ConntrackEntry&, What)>;

  // `take` gets each flow that passes the filter. `lost` is called when the queue has overflowed, once each time.
  // The errno, or 0.
  int open(const FlowFilter& wanted, Take take, std::function<void()> lost);
  void close();
  [[nodiscard]] bool is_open() const { return socket_.has_value(); }

  void filter(const FlowFilter& wanted);

  // False: events wait in the kernel until take_queued(); an overflow wakes us in any case. Ends are told only then: they are a
  // hint that comes along with something else, and nobody has to be woken for them.
  void listen(bool at_once);
  // A bounded number; what is left comes with the next turn of the loop.
  void take_queued();

 private:
  void take(Bytes datagram);
  void overflowed();
  void wake(bool wanted);

  Loop& loop_;
  ReceiveBuffers& buffers_;
  Sizes sizes_;
  Take take_;
  std::function<void()> lost_;
  std::optional<ConntrackSocket> socket_;
  bool at_once_ = true;
  bool is_woken_ = true;
  std::uint64_t turn_ = 0;
  int receives_ = 0;          // in this turn
  bool has_backlog_ = false;  // what is queued may have waited
};

}  // namespace voip
