// Follows the kernel's neighbour table (ARP and neighbour discovery) by rtnetlink: all of it at first, then what changes.
// When changes were missed all of it is read again, after a pause. It never asks by itself and sends nothing to the network.
#pragma once

#include <functional>
#include <span>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "ports/devices/parse.h"
#include "system/loop.h"

namespace voip {

class NeighbourTable {
 public:
  NeighbourTable() = default;
  ~NeighbourTable();
  NeighbourTable(const NeighbourTable&) = delete;
  NeighbourTable& operator=(const NeighbourTable&) = delete;

  // `seen` is called for each entry, and `settled` when a batch of them is over. Both also during open() and list().
  Status open(Loop& loop, std::function<void(const Neighbour&)> seen, std::function<void()> settled);
  // From now on only neighbours at these hardware addresses, or at these addresses, are told.
  void narrow(std::span<const HardwareAddress> hardware, std::span<const IpAddress> addresses);
  // Reads the whole table; the entries come later.
  void list();

 private:
  void receive();
  void take(Bytes received);
  void list_later();

  Loop* loop_ = nullptr;
  UniqueFd socket_;
  std::function<void(const Neighbour&)> seen_;
  std::function<void()> settled_;
  Loop::TimerId timer_ = 0;
  bool is_listing_ = false;
  bool lists_again_ = false;
  bool has_told_error_ = false;
};

}  // namespace voip
