// Asks the kernel for the counters of single flows, many by one send and one receive, and sets their marks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model.h"
#include "ports/conntrack/messages.h"
#include "ports/conntrack/socket.h"

namespace voip {

class ConntrackQueries {
 public:
  ConntrackQueries(ConntrackSocket socket, ReceiveBuffers& buffers);

  // The errno of a lookup that no kernel can answer with an entry: ENOENT where all is well.
  int look_up_nothing();

  // Appends a sample for each flow that lives and the key of each that the kernel does not know (any more). A flow that the
  // kernel gave no answer for, for want of memory, is in neither.
  void read(std::span<const FlowKey> keys, std::vector<FlowSample>& samples, std::vector<FlowKey>& gone);

  // The flow's mark becomes (old & ~mask) ^ value. Nothing happens if the flow has ended.
  void mark(const FlowKey& key, std::uint32_t value, std::uint32_t mask);

 private:
  void read_batch(std::span<const FlowKey> keys, std::vector<FlowSample>& samples, std::vector<FlowKey>& gone);
  bool take_answer(const NetlinkMessage& message, std::span<const FlowKey> keys, std::vector<FlowSample>& samples,
                   std::vector<FlowKey>& gone);
  void failed(const char* doing, int error);

  ConntrackSocket socket_;
  ReceiveBuffers& buffers_;
  ConntrackRequests requests_;
  std::uint32_t batch_ = 0;
  int told_error_ = 0;
};

}  // namespace voip
