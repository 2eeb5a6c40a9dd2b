// A port connects the engine to one part of the outside: it turns what happens there into events and performs actions there.
// It never decides. Ports do not know each other.
#pragma once

#include "base/result.h"
#include "core/events.h"

namespace voip {

class Loop;

class Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  virtual ~Port() = default;

  // Called once, before the first step of the engine. An error ends a start; after a reload it lets the old settings go on. What
  // may come later (a broker, a WAN) is none.
  virtual Status open(Loop& loop) = 0;
  // Must not block for longer than a reading of the kernel takes; answers by Loop::post(), at once or later.
  virtual void perform(const Action& action) = 0;
  // Called once, after the engine has finished: say good-bye, within a bounded time.
  virtual void close() {}
};

}  // namespace voip
