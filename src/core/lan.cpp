#include "core/lan.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace voip {
namespace {

bool is_one_host(const IpAddress& address) {
  return !address.is_multicast() && !address.is_broadcast() && !address.is_loopback() && !address.is_unspecified();
}

}  // namespace

Lan::Lan(std::vector<IpPrefix> prefixes, std::vector<IpAddress> own, bool has_own_calls)
    : prefixes_(std::move(prefixes)), own_(std::move(own)), has_own_calls_(has_own_calls) {
  std::sort(own_.begin(), own_.end());
}

bool Lan::contains(const IpAddress& address) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

bool Lan::is_own(const IpAddress& address) const {
  return std::binary_search(own_.begin(), own_.end(), address);
}

std::vector<IpPrefix> Lan::client_prefixes() const {
  std::vector<IpPrefix> prefixes = prefixes_;
  for (const IpAddress& address : own_) {
    if (has_own_calls_ && is_one_host(address) && !address.is_link_local() && !contains(address)) {
      prefixes.emplace_back(address, address.is_v6() ? 128U : 32U);
    }
  }
  return prefixes;
}

std::vector<IpPrefix> Lan::own_prefixes() const {
  std::vector<IpPrefix> own;
  std::copy_if(prefixes_.begin(), prefixes_.end(), std::back_inserter(own), [this](const IpPrefix& prefix) {
    return prefix.length() == (prefix.address().is_v6() ? 128U : 32U) && is_own(prefix.address());
  });
  return own;
}

std::optional<FlowKey> Lan::orient(const Endpoint& original_source, const Endpoint& original_destination,
                                   const Endpoint& reply_source, const Endpoint& reply_destination, std::uint8_t protocol) const {
  // NAT rewrites destinations only: the sources of the two tuples are the real ends of the flow.
  const IpAddress& opener = original_source.address;
  const IpAddress& answerer = reply_source.address;
  const auto is_inside = [this](const IpAddress& address) { return contains(address) || (has_own_calls_ && is_own(address)); };
  const bool opened_inside = is_inside(opener);
  if (opened_inside == is_inside(answerer)) {
    return std::nullopt;
  }
  for (const IpAddress* address : {&opener, &answerer, &original_destination.address, &reply_destination.address}) {
    if (!is_one_host(*address)) {
      return std::nullopt;
    }
  }
  if (!has_own_calls_ && (is_own(opener) || is_own(answerer))) {
    return std::nullopt;
  }
  return opened_inside ? FlowKey{original_source, original_destination, protocol}
                       : FlowKey{reply_source, reply_destination, protocol};
}

}  // namespace voip
