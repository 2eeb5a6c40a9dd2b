#include "ports/conntrack/messages.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cassert>

// The constants come from libnetfilter_conntrack. The messages are built with libmnl and read by hand, because the library's own
// GET costs twice as much and its mark update has no mask, so that it would overwrite other people's bits.

namespace voip {
namespace {

constexpr std::size_t longest_request = 128;           // an IPv6 mark update with a zone takes 120 bytes
constexpr std::uint16_t filter_attribute = 25;         // CTA_FILTER, unknown to older headers
constexpr std::uint16_t filter_original_flags = 1;     // CTA_FILTER_ORIG_FLAGS
constexpr std::uint16_t filter_reply_flags = 2;        // CTA_FILTER_REPLY_FLAGS
constexpr std::uint32_t filter_by_protocol = 1U << 3;  // CTA_FILTER_F_CTA_PROTO_NUM in net/netfilter/nf_conntrack_netlink.c
constexpr std::uint32_t status_offload = 1U << 14;     // IPS_OFFLOAD
constexpr std::uint32_t status_hw_offload = 1U << 15;  // IPS_HW_OFFLOAD

constexpr std::uint16_t message_type(std::uint16_t type) {
  return static_cast<std::uint16_t>((NFNL_SUBSYS_CTNETLINK << 8U) | type);
}

nlmsghdr* put_header(std::uint8_t* room, std::uint16_t type, std::uint16_t flags, bool is_v6, std::uint32_t sequence) {
  nlmsghdr* header = mnl_nlmsg_put_header(room);
  header->nlmsg_type = message_type(type);
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  header->nlmsg_seq = sequence;
  auto* general = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  general->nfgen_family = is_v6 ? AF_INET6 : AF_INET;
  general->version = NFNETLINK_V0;
  general->res_id = 0;
  return header;
}

void put_address(nlmsghdr* header, std::uint16_t v4_type, std::uint16_t v6_type, const IpAddress& address) {
  const auto bytes = address.bytes();
  mnl_attr_put(header, address.is_v6() ? v6_type : v4_type, bytes.size(), bytes.data());
}

void put_tuple(nlmsghdr* header, const FlowKey& key) {
  nlattr* tuple = mnl_attr_nest_start(header, CTA_TUPLE_ORIG);
  nlattr* nest = mnl_attr_nest_start(header, CTA_TUPLE_IP);
  put_address(header, CTA_IP_V4_SRC, CTA_IP_V6_SRC, key.client.address);
  put_address(header, CTA_IP_V4_DST, CTA_IP_V6_DST, key.server.address);
  mnl_attr_nest_end(header, nest);
  nest = mnl_attr_nest_start(header, CTA_TUPLE_PROTO);
  mnl_attr_put_u8(header, CTA_PROTO_NUM, key.protocol);
  mnl_attr_put_u16(header, CTA_PROTO_SRC_PORT, htons(key.client.port));
  mnl_attr_put_u16(header, CTA_PROTO_DST_PORT, htons(key.server.port));
  mnl_attr_nest_end(header, nest);
  mnl_attr_nest_end(header, tuple);
  if (key.zone != 0) {
    mnl_attr_put_u16(header, CTA_ZONE, htons(key.zone));
  }
}

struct Tuple {
  std::optional<IpAddress> source;
  std::optional<IpAddress> destination;
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint16_t> source_port;
  std::optional<std::uint16_t> destination_port;
  std::uint16_t zone = 0;  // where it is that of one direction

  [[nodiscard]] bool is_whole() const {
    return source && destination && protocol && source_port && destination_port && source->is_v6() == destination->is_v6();
  }
};

std::optional<IpAddress> read_address(Bytes payload, std::size_t width) {
  return payload.size() == width ? std::optional(IpAddress::from_bytes(payload)) : std::nullopt;
}

void read_addresses(Bytes nest, Tuple& tuple) {
  NetlinkAttributes attributes(nest);
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case CTA_IP_V4_SRC:
        tuple.source = read_address(attribute->payload, 4);
        break;
      case CTA_IP_V4_DST:
        tuple.destination = read_address(attribute->payload, 4);
        break;
      case CTA_IP_V6_SRC:
        tuple.source = read_address(attribute->payload, 16);
        break;
      case CTA_IP_V6_DST:
        tuple.destination = read_address(attribute->payload, 16);
        break;
      default:
        break;
    }
  }
}

void read_protocol(Bytes nest, Tuple& tuple) {
  NetlinkAttributes attributes(nest);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == CTA_PROTO_NUM && !attribute->payload.empty()) {
      tuple.protocol = attribute->payload[0];
    } else if (attribute->type == CTA_PROTO_SRC_PORT) {
      tuple.source_port = read_be16(attribute->payload);
    } else if (attribute->type == CTA_PROTO_DST_PORT) {
      tuple.destination_port = read_be16(attribute->payload);
    }
  }
}

Tuple read_tuple(Bytes nest) {
  Tuple tuple;
  NetlinkAttributes attributes(nest);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == CTA_TUPLE_IP) {
      read_addresses(attribute->payload, tuple);
    } else if (attribute->type == CTA_TUPLE_PROTO) {
      read_protocol(attribute->payload, tuple);
    } else if (attribute->type == CTA_TUPLE_ZONE) {
      tuple.zone = read_be16(attribute->payload).value_or(0);
    }
  }
  return tuple;
}

std::optional<Counters> read_counters(Bytes nest) {
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> octets;
  NetlinkAttributes attributes(nest);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == CTA_COUNTERS_PACKETS) {
      packets = read_be64(attribute->payload);
    } else if (attribute->type == CTA_COUNTERS_BYTES) {
      octets = read_be64(attribute->payload);
    }
  }
  return packets && octets ? std::optional(Counters{*packets, *octets}) : std::nullopt;
}

void read_status(Bytes payload, ConntrackEntry& entry) {
  const std::uint32_t status = read_be32(payload).value_or(0);
  entry.is_expected |= (status & IPS_EXPECTED) != 0;
  entry.is_offloaded = (status & status_offload) != 0;
  entry.is_hw_offloaded = (status & status_hw_offload) != 0;
}

}  // namespace

ConntrackMessage kind_of(const NetlinkMessage& message) {
  switch (message.type) {
    case message_type(IPCTNL_MSG_CT_NEW):
      return ConntrackMessage::entry;
    case message_type(IPCTNL_MSG_CT_DELETE):
      return ConntrackMessage::destroyed;
    case NLMSG_ERROR:
      return ConntrackMessage::error;
    case NLMSG_DONE:
      return ConntrackMessage::done;
    default:
      return ConntrackMessage::other;
  }
}

std::optional<ConntrackEntry> read_entry(const NetlinkMessage& message) {
  if (message.payload.size() < sizeof(nfgenmsg)) {
    return std::nullopt;
  }
  ConntrackEntry entry;
  Tuple original;
  Tuple reply;
  std::uint16_t zone = 0;  // of both directions
  NetlinkAttributes attributes(message.payload.subspan(sizeof(nfgenmsg)));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case CTA_TUPLE_ORIG:
        original = read_tuple(attribute->payload);
        break;
      case CTA_TUPLE_REPLY:
        reply = read_tuple(attribute->payload);
        break;
      case CTA_ZONE:
        zone = read_be16(attribute->payload).value_or(0);
        break;
      case CTA_TUPLE_MASTER:
        entry.is_expected = true;
        break;
      case CTA_STATUS:
        read_status(attribute->payload, entry);
        break;
      case CTA_MARK:
        entry.mark = read_be32(attribute->payload).value_or(0);
        break;
      case CTA_ID:
        entry.id = read_be32(attribute->payload).value_or(0);
        break;
      case CTA_COUNTERS_ORIG:
        entry.original = read_counters(attribute->payload);
        break;
      case CTA_COUNTERS_REPLY:
        entry.reply = read_counters(attribute->payload);
        break;
      default:
        break;
    }
  }
  if (!original.is_whole() || !reply.is_whole()) {
    return std::nullopt;
  }
  entry.original_source = {*original.source, *original.source_port};
  entry.original_destination = {*original.destination, *original.destination_port};
  entry.reply_source = {*reply.source, *reply.source_port};
  entry.reply_destination = {*reply.destination, *reply.destination_port};
  entry.protocol = *original.protocol;
  entry.original_zone = zone != 0 ? zone : original.zone;
  entry.reply_zone = zone != 0 ? zone : reply.zone;
  return entry;
}

FlowSample sample_of(const ConntrackEntry& entry, const FlowKey& key) {
  const bool opened_by_client = entry.original_source == key.client && entry.original_destination == key.server;
  FlowSample sample;
  sample.key = key;
  sample.conntrack_id = entry.id;
  sample.up = opened_by_client ? entry.original : entry.reply;
  sample.down = opened_by_client ? entry.reply : entry.original;
  sample.mark = entry.mark;
  sample.is_offloaded = entry.is_offloaded;
  sample.is_hw_offloaded = entry.is_hw_offloaded;
  return sample;
}

ConntrackRequests::ConntrackRequests() : buffer_(most * longest_request) {}

void ConntrackRequests::clear() {
  used_ = 0;
  count_ = 0;
}

std::uint8_t* ConntrackRequests::room() {
  assert(count_ < most);
  return buffer_.data() + used_;
}

void ConntrackRequests::added(std::size_t length) {
  assert(length <= longest_request);
  used_ += NLMSG_ALIGN(length);
  ++count_;
}

void ConntrackRequests::add_get(const FlowKey& key, std::uint32_t sequence) {
  nlmsghdr* header = put_header(room(), IPCTNL_MSG_CT_GET, 0, key.client.address.is_v6(), sequence);
  put_tuple(header, key);
  added(header->nlmsg_len);
}

void ConntrackRequests::add_mark(const FlowKey& key, std::uint32_t value, std::uint32_t mask, std::uint32_t sequence) {
  assert((value & ~mask) == 0);
  // Without NLM_F_CREATE: a flow that has ended must not come back.
  nlmsghdr* header = put_header(room(), IPCTNL_MSG_CT_NEW, 0, key.client.address.is_v6(), sequence);
  put_tuple(header, key);
  mnl_attr_put_u32(header, CTA_MARK, htonl(value));
  mnl_attr_put_u32(header, CTA_MARK_MASK, htonl(mask));
  added(header->nlmsg_len);
}

void ConntrackRequests::add_list(bool is_v6, std::optional<std::uint8_t> protocol, std::uint32_t sequence) {
  nlmsghdr* header = put_header(room(), IPCTNL_MSG_CT_GET, NLM_F_DUMP, is_v6, sequence);
  if (protocol) {
    nlattr* outer = mnl_attr_nest_start(header, CTA_TUPLE_ORIG);
    nlattr* inner = mnl_attr_nest_start(header, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(header, CTA_PROTO_NUM, *protocol);
    mnl_attr_nest_end(header, inner);
    mnl_attr_nest_end(header, outer);
    outer = mnl_attr_nest_start(header, filter_attribute);
    // The flags are the one thing here in the machine's own byte order.
    mnl_attr_put_u32(header, filter_original_flags, filter_by_protocol);
    mnl_attr_put_u32(header, filter_reply_flags, 0);
    mnl_attr_nest_end(header, outer);
  }
  added(header->nlmsg_len);
}

}  // namespace voip
