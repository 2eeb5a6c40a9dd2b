// The words that we exchange with the kernel's conntrack (ctnetlink): requests built back to back in one buffer that is used
// again and again, and entries read from what was received. Pure; cut or wrong messages give nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/model.h"
#include "system/netlink_reader.h"

namespace voip {

// One entry of the connection table, as the kernel tells it.
struct ConntrackEntry {
  Endpoint original_source;
  Endpoint original_destination;
  Endpoint reply_source;
  Endpoint reply_destination;
  std::uint8_t protocol = 0;
  std::uint16_t original_zone = 0;  // of each tuple; mostly both are the same
  std::uint16_t reply_zone = 0;
  std::uint32_t id = 0;
  std::uint32_t mark = 0;
  bool is_expected = false;          // announced to a conntrack helper: IPS_EXPECTED, or a master entry is named
  bool is_offloaded = false;         // IPS_OFFLOAD
  bool is_hw_offloaded = false;      // IPS_HW_OFFLOAD
  std::optional<Counters> original;  // absent: accounting was off when the flow was born, or the message carries none
  std::optional<Counters> reply;
};

enum class ConntrackMessage : std::uint8_t { entry, destroyed, error, done, other };
ConntrackMessage kind_of(const NetlinkMessage& message);

// Both tuples must be there, with ports; anything else (ICMP, a cut message) is no entry for us.
std::optional<ConntrackEntry> read_entry(const NetlinkMessage& message);

// The entry's counters as the client of `key` sees them. The key must be one of the entry's tuples (Lan::orient makes such keys).
FlowSample sample_of(const ConntrackEntry& entry, const FlowKey& key);

class ConntrackRequests {
 public:
  static constexpr std::size_t most = 64;  // answers of one send fit the smallest default receive buffer (208 KB)

  ConntrackRequests();
  void clear();
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] Bytes bytes() const { return Bytes(buffer_).first(used_); }

  // Each of these needs count() < most. `sequence` comes back in the answer.
  // Answer: the entry, or the error ENOENT. Finds it by either of its tuples.
  void add_get(const FlowKey& key, std::uint32_t sequence);
  // The entry's mark becomes (old & ~mask) ^ value; `value` must lie within `mask`. Answered only when it fails.
  void add_mark(const FlowKey& key, std::uint32_t value, std::uint32_t mask, std::uint32_t sequence);
  // Answer: every entry of the family. With `protocol` the kernel leaves the others out if it knows how (since 5.8).
  void add_list(bool is_v6, std::optional<std::uint8_t> protocol, std::uint32_t sequence);

 private:
  std::uint8_t* room();
  void added(std::size_t length);

  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;
  std::size_t count_ = 0;
};

}  // namespace voip
