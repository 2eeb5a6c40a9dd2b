// Puts entries into the connection table of the present network namespace, without a packet:
//   bench_entries table FIRST COUNT      as a home's table has them: nine in ten TCP of LAN devices, one in ten their DNS
//   bench_entries foreign RATE SECONDS   RATE new UDP flows a second between strangers, each for ten seconds
// Exit status 1 with the reason if the kernel refuses one.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

namespace {

struct Entry {
  std::uint32_t client;  // host byte order
  std::uint32_t server;
  std::uint16_t client_port;
  std::uint16_t server_port;
  std::uint8_t protocol;
  std::uint32_t timeout_s;
};

constexpr std::uint32_t address(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

// Different for each number below 2^28.
Entry of_home(std::uint32_t number) {
  const bool is_dns = number % 10 == 9;
  return {.client = address(192, 168, 77, 100 + number % 100),
          .server = address(203, 0, 113, 0) + (number / 100 / 50'000) % 256,
          .client_port = static_cast<std::uint16_t>(10'000 + number / 100 % 50'000),
          .server_port = static_cast<std::uint16_t>(is_dns ? 53 : 443),
          .protocol = static_cast<std::uint8_t>(is_dns ? IPPROTO_UDP : IPPROTO_TCP),
          .timeout_s = 7200};
}

Entry of_strangers(std::uint32_t number) {
  return {.client = address(100, 64, 0, 1) + number / 50'000,
          .server = address(203, 0, 113, 7),
          .client_port = static_cast<std::uint16_t>(10'000 + number % 50'000),
          .server_port = 40'000,
          .protocol = IPPROTO_UDP,
          .timeout_s = 10};
}

void put_tuple(nlmsghdr* header, std::uint16_t type, const Entry& entry, bool is_reply) {
  nlattr* tuple = mnl_attr_nest_start(header, type);
  nlattr* ip = mnl_attr_nest_start(header, CTA_TUPLE_IP);
  mnl_attr_put_u32(header, CTA_IP_V4_SRC, htonl(is_reply ? entry.server : entry.client));
  mnl_attr_put_u32(header, CTA_IP_V4_DST, htonl(is_reply ? entry.client : entry.server));
  mnl_attr_nest_end(header, ip);
  nlattr* ports = mnl_attr_nest_start(header, CTA_TUPLE_PROTO);
  mnl_attr_put_u8(header, CTA_PROTO_NUM, entry.protocol);
  mnl_attr_put_u16(header, CTA_PROTO_SRC_PORT, htons(is_reply ? entry.server_port : entry.client_port));
  mnl_attr_put_u16(header, CTA_PROTO_DST_PORT, htons(is_reply ? entry.client_port : entry.server_port));
  mnl_attr_nest_end(header, ports);
  mnl_attr_nest_end(header, tuple);
}

std::size_t put_entry(std::uint8_t* room, const Entry& entry) {
  nlmsghdr* header = mnl_nlmsg_put_header(room);
  header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8U | IPCTNL_MSG_CT_NEW;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
  auto* family = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  family->nfgen_family = AF_INET;
  put_tuple(header, CTA_TUPLE_ORIG, entry, false);
  put_tuple(header, CTA_TUPLE_REPLY, entry, true);
  mnl_attr_put_u32(header, CTA_STATUS, htonl(IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED));
  mnl_attr_put_u32(header, CTA_TIMEOUT, htonl(entry.timeout_s));
  if (entry.protocol == IPPROTO_TCP) {
    nlattr* info = mnl_attr_nest_start(header, CTA_PROTOINFO);
    nlattr* tcp = mnl_attr_nest_start(header, CTA_PROTOINFO_TCP);
    mnl_attr_put_u8(header, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
    mnl_attr_nest_end(header, tcp);
    mnl_attr_nest_end(header, info);
  }
  return NLMSG_ALIGN(header->nlmsg_len);
}

class Table {
 public:
  Table() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) {
    if (fd_ < 0) {
      fail("open a netlink socket", errno);
    }
  }

  void put(const Entry& entry) {
    used_ += put_entry(&buffer_.at(used_), entry);
    if (used_ + 1024 > buffer_.size()) {
      flush();
    }
  }

  void flush() {
    if (used_ != 0 && send(fd_, buffer_.data(), used_, 0) < 0) {
      fail("put entries into the table", errno);
    }
    used_ = 0;
    // Only refusals are answered.
    alignas(nlmsghdr) std::array<std::uint8_t, 4096> answer{};
    const ssize_t length = recv(fd_, answer.data(), answer.size(), MSG_DONTWAIT);
    if (length >= static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) {
      nlmsgerr error{};
      std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
      fail("put an entry into the table", -error.error);
    }
  }

 private:
  [[noreturn]] static void fail(const char* doing, int error) {
    std::fprintf(stderr, "%s: %s\n", doing, std::strerror(error));
    std::exit(1);
  }

  int fd_;
  alignas(nlmsghdr) std::array<std::uint8_t, 16384> buffer_{};
  std::size_t used_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc == 4 ? argv[1] : "";
  const auto first = static_cast<std::uint32_t>(argc == 4 ? std::strtoul(argv[2], nullptr, 10) : 0);
  const auto second = static_cast<std::uint32_t>(argc == 4 ? std::strtoul(argv[3], nullptr, 10) : 0);
  Table table;
  if (verb == "table") {
    for (std::uint32_t number = first; number < first + second; ++number) {
      table.put(of_home(number));
    }
    table.flush();
  } else if (verb == "foreign") {
    auto next = std::chrono::steady_clock::now();
    for (std::uint32_t tick = 0; tick < second * 100; ++tick) {
      for (std::uint32_t number = first * tick / 100; number < first * (tick + 1) / 100; ++number) {
        table.put(of_strangers(number));
      }
      table.flush();
      next += std::chrono::milliseconds(10);
      std::this_thread::sleep_until(next);
    }
  } else {
    std::fprintf(stderr, "bench_entries table FIRST COUNT | foreign RATE SECONDS\n");
    return 2;
  }
}
