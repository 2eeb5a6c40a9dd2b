// Keeps what orders have changed in a file of the state directory. It writes only when an order has changed something, as a whole
// or not at all, and never often. Where it cannot be written, which costs one log line, it is tried again until it is; till then
// the orders last until the next restart.
#pragma once

#include <memory>
#include <string>

#include "ports/orders/kept_orders.h"
#include "system/loop.h"
#include "system/port.h"

namespace voip {

struct OrderFilePace {
  Duration delay = 100ms;  // from a change to its writing: orders come in bunches
  Duration pause = 10s;    // from one writing to the next in the long run, for the sake of flash memory
  Duration retry = 10s;    // after one that has failed
  int bunch = 6;           // so many may follow each other at once after a rest
};

// `settings` is what the configuration says, without any order.
std::unique_ptr<Port> make_order_file(const Settings& settings, OrderFilePace pace = {});

// What is in force at the start of the daemon. Says in the log what an order of an earlier run has changed, and what cannot be
// read.
OrdersInForce read_orders(const Settings& settings, const Loop& loop);

}  // namespace voip
