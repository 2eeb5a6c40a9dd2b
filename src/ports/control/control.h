// Answers "what do you see?" and takes orders on a Unix stream socket (settings.control), for the commands status, watch
// and qos. Each request line gets one line of JSON: the full status, or {"error":...}. An order is answered with the
// status that it leads to, and with what came of it: once that is seen, or after three seconds. The number of clients, the length
// of a line, unread answers and idle time are all bounded; a client that misbehaves loses its connection and disturbs nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "core/settings.h"
#include "ports/control/listener.h"
#include "ports/control/status.h"
#include "system/loop.h"
#include "system/port.h"

namespace voip {

struct ControlLimits {
  std::size_t clients = 8;
  Duration idle = 10s;  // without a complete request, or with an answer that is not being read
};

class ControlSocket : public Port {
 public:
  ControlSocket(ControlSettings settings, DaemonFacts facts, ControlLimits limits = {});  // facts.since is set by open()
  ~ControlSocket() override;

  // Makes the directory if need be and takes over a socket that nobody answers on; an error if a daemon does.
  Status open(Loop& loop) override;
  void perform(const Action& action) override;
  void close() override;

 private:
  struct Client {
    UniqueFd fd;
    std::string input;
    std::string output;
    std::optional<std::uint64_t> waits_for;      // the number of its order, and then of the StatusRequested
    std::optional<OrderTaken> order;             // what came of its order, to be told with the status
    std::size_t most_flows = most_flows_listed;  // in the answer to it
    Loop::TimerId timer = 0;
    bool has_ended = false;  // it will send no more
  };

  void listen_again();
  void take_clients();
  void serve(int fd, std::uint32_t epoll_events);
  void read_from(Client& client);
  // Goes through the lines that have come, as long as no answer is on its way. False: the client has to go.
  bool answer_lines(Client& client);
  bool flush(Client& client);
  [[nodiscard]] Client* client_of(const RequestId& request);
  void answer(Client& client, const FullStatus& status);
  void restart_timer(Client& client);
  void drop(int fd);

  ControlSettings settings_;
  DaemonFacts facts_;
  ControlLimits limits_;
  Loop* loop_ = nullptr;
  UniqueFd listener_;
  SocketFile file_;
  std::uint64_t last_request_ = 0;
  std::map<int, Client> clients_;
};

}  // namespace voip
