#include "ports/conntrack/queries.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/log.h"

namespace voip {
namespace {

constexpr int receive_buffer_bytes = 512 * 1024;  // several times what a full batch of answers takes
constexpr std::uint32_t unnumbered = 0;           // sequence of requests whose answer is only ever an error
constexpr int most_receives = 4;                  // one takes all, unless errors of earlier requests were still queued

}  // namespace

ConntrackQueries::ConntrackQueries(ConntrackSocket socket, ReceiveBuffers& buffers)
    : socket_(std::move(socket)), buffers_(buffers) {
  socket_.set_receive_buffer(receive_buffer_bytes);
}

int ConntrackQueries::look_up_nothing() {
  requests_.clear();
  requests_.add_get(FlowKey{}, unnumbered);
  if (const int error = socket_.send(requests_.bytes()); error != 0) {
    return error;
  }
  int error = EIO;  // no answer at all
  int count = 0;
  while ((count = buffers_.receive(socket_.fd())) > 0) {
    for (int i = 0; i < count; ++i) {
      const auto message = NetlinkMessages(buffers_.at(i)).next();
      if (message && kind_of(*message) == ConntrackMessage::error) {
        error = read_error(*message);
      }
    }
  }
  return error;
}

void ConntrackQueries::read(std::span<const FlowKey> keys, std::vector<FlowSample>& samples, std::vector<FlowKey>& gone) {
  while (!keys.empty()) {
    const auto batch = keys.first(std::min(keys.size(), ConntrackRequests::most));
    read_batch(batch, samples, gone);
    keys = keys.subspan(batch.size());
  }
}

void ConntrackQueries::read_batch(std::span<const FlowKey> keys, std::vector<FlowSample>& samples, std::vector<FlowKey>& gone) {
  batch_ = batch_ % 0xffffffU + 1;  // 24 bits, never 0: tells this batch's answers from all others
  requests_.clear();
  for (std::size_t slot = 0; slot < keys.size(); ++slot) {
    requests_.add_get(keys[slot], (batch_ << 8U) | static_cast<std::uint32_t>(slot));
  }
  if (const int error = socket_.send(requests_.bytes()); error != 0) {
    failed("read counters", error);
    return;
  }
  std::size_t answered = 0;
  for (int receive = 0; receive < most_receives && answered < keys.size(); ++receive) {
    const int count = buffers_.receive(socket_.fd());
    for (int i = 0; i < count; ++i) {
      if (const auto message = NetlinkMessages(buffers_.at(i)).next()) {
        answered += take_answer(*message, keys, samples, gone) ? 1U : 0U;
      }
    }
  }
}

// Whether it answers the batch under way.
bool ConntrackQueries::take_answer(const NetlinkMessage& message, std::span<const FlowKey> keys, std::vector<FlowSample>& samples,
                                   std::vector<FlowKey>& gone) {
  const bool is_error = kind_of(message) == ConntrackMessage::error;
  const int error = is_error ? read_error(message) : 0;
  const std::size_t slot = message.sequence & 0xffU;
  if (message.sequence >> 8U != batch_ || slot >= keys.size()) {
    if (is_error && error != ENOENT) {
      failed("mark a flow of a call", error);
    }
    return false;
  }
  if (error == ENOENT) {
    gone.push_back(keys[slot]);
  } else if (is_error) {
    failed("read counters", error);
  } else if (const auto entry = read_entry(message)) {
    samples.push_back(sample_of(*entry, keys[slot]));
  }
  return true;
}

void ConntrackQueries::mark(const FlowKey& key, std::uint32_t value, std::uint32_t mask) {
  requests_.clear();
  requests_.add_mark(key, value & mask, mask, unnumbered);
  if (const int error = socket_.send(requests_.bytes()); error != 0) {
    failed("mark a flow of a call", error);
  }
}

void ConntrackQueries::failed(const char* doing, int error) {
  if (std::exchange(told_error_, error) != error) {
    log_warning(std::string(doing) + " in conntrack: " + std::strerror(error));
  }
}

}  // namespace voip
