#include "system/netlink_reader.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace voip {
namespace {

// The last element of a buffer may come without its padding.
Bytes after(Bytes bytes, std::size_t length) {
  return bytes.subspan(std::min(bytes.size(), NLMSG_ALIGN(length)));
}

}  // namespace

std::optional<NetlinkMessage> NetlinkMessages::next() {
  const auto header = read_native<nlmsghdr>(rest_);
  if (!header || header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > rest_.size()) {
    return std::nullopt;
  }
  const std::size_t length = header->nlmsg_len;
  const Bytes payload = rest_.subspan(NLMSG_HDRLEN, length - NLMSG_HDRLEN);
  rest_ = after(rest_, length);
  return NetlinkMessage{header->nlmsg_type, header->nlmsg_flags, header->nlmsg_seq, payload};
}

std::optional<NetlinkAttribute> NetlinkAttributes::next() {
  const auto header = read_native<nlattr>(rest_);
  if (!header || header->nla_len < NLA_HDRLEN || header->nla_len > rest_.size()) {
    return std::nullopt;
  }
  const std::size_t length = header->nla_len;
  const Bytes payload = rest_.subspan(NLA_HDRLEN, length - NLA_HDRLEN);
  rest_ = after(rest_, length);
  return NetlinkAttribute{static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK), payload};
}

int read_error(const NetlinkMessage& message) {
  const auto error = read_native<std::int32_t>(message.payload);
  return error && *error <= 0 && *error > -4096 ? -*error : EBADMSG;
}

}  // namespace voip
