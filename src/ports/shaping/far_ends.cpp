#include "ports/shaping/far_ends.h"

#include <algorithm>

namespace voip {
namespace {

constexpr std::size_t most_ends = 64;

template <typename T>
bool contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

template <typename T>
void append(std::vector<T>& all, const T& one) {
  if (all.size() == most_ends) {
    all.erase(all.begin());
  }
  all.push_back(one);
}

}  // namespace

bool FarEnds::take(const Action& action) {
  if (const auto* mark = std::get_if<MarkFlow>(&action); mark != nullptr && mark->is_media) {
    if (mark->is_call) {
      return add(mark->key);
    }
    remove([&](const FlowKey& flow) { return flow == mark->key; });
  } else if (const auto* started = std::get_if<CallStarted>(&action)) {
    ++calls_;
    return add(started->call.first_flow);
  } else if (const auto* ended = std::get_if<CallEnded>(&action)) {
    // A flow that the kernel forgot is not told by itself; it goes with its call, which is one device and one remote network.
    calls_ = std::max(0, calls_ - 1);
    const FlowKey& first = ended->call.first_flow;
    remove([&](const FlowKey& flow) {
      return calls_ == 0 || (flow.client.address == first.client.address &&
                             remote_network(flow.server.address) == remote_network(first.server.address));
    });
  }
  return false;
}

bool FarEnds::add(const FlowKey& flow) {
  const bool is_new = !contains(present(), flow.server.address);
  if (!contains(flows_, flow)) {
    append(flows_, flow);
  }
  std::erase(past_, flow.server.address);
  return is_new;
}

template <typename Ends>
void FarEnds::remove(const Ends& ends) {
  std::vector<IpAddress> gone;
  std::erase_if(flows_, [&](const FlowKey& flow) {
    if (ends(flow)) {
      gone.push_back(flow.server.address);
      return true;
    }
    return false;
  });
  const auto left = present();
  for (const IpAddress& address : gone) {
    if (!contains(left, address) && !contains(past_, address)) {
      append(past_, address);
    }
  }
}

std::vector<IpAddress> FarEnds::present() const {
  std::vector<IpAddress> addresses;
  for (const FlowKey& flow : flows_) {
    if (!contains(addresses, flow.server.address)) {
      addresses.push_back(flow.server.address);
    }
  }
  return addresses;
}

}  // namespace voip
