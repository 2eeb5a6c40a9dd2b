// Real UDP between two network namespaces, until it is ended:
//   bench_traffic media CLIENT SERVER ADDRESS FLOWS     each flow 50 packets a second of 172 bytes both ways, as G.711 sends them
//   bench_traffic torrent CLIENT SERVER ADDRESS FLOWS   one socket of the client, as many peers, four in each /24: a request of
//                                                       100 bytes and an answer of 300 each second for every flow
// CLIENT and SERVER are files of namespaces (/run/netns/...), ADDRESS is the server's; a torrent's peers have addresses from it
// on, which the server must take for its own.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const char* doing) {
  std::fprintf(stderr, "%s: %s\n", doing, std::strerror(errno));
  std::exit(1);
}

void enter(const char* name_space) {
  const int fd = open(name_space, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
    fail(name_space);
  }
  close(fd);
}

int udp_socket(in_addr address, std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr = address;
  local.sin_port = htons(port);
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    fail("open a socket");
  }
  return fd;
}

struct Server {
  int fd = -1;
  sockaddr_in client{};  // as it looks behind the NAT; unknown until the first packet
};

std::array<char, 1500> payload{};

void send(int fd, const sockaddr_in& to, std::size_t bytes) {
  sendto(fd, payload.data(), bytes, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

// Whether something came; `from` is the last sender.
bool drain(int fd, sockaddr_in& from) {
  std::array<char, 2048> received{};
  bool has_come = false;
  socklen_t length = sizeof from;
  while (recvfrom(fd, received.data(), received.size(), 0, reinterpret_cast<sockaddr*>(&from), &length) > 0) {
    has_come = true;
  }
  return has_come;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "bench_traffic media | torrent CLIENT SERVER ADDRESS FLOWS\n");
    return 2;
  }
  const bool is_media = std::string_view(argv[1]) == "media";
  const auto flows = static_cast<std::size_t>(std::strtoul(argv[5], nullptr, 10));
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  enter(argv[2]);
  std::vector<int> clients;
  for (std::size_t i = 0; i < (is_media ? flows : 1); ++i) {
    clients.push_back(udp_socket({INADDR_ANY}, static_cast<std::uint16_t>(is_media ? 41'000 + 2 * i : 51'413)));
  }
  enter(argv[3]);
  std::vector<Server> servers(flows);
  std::vector<sockaddr_in> remotes(flows);
  for (std::size_t i = 0; i < flows; ++i) {
    const auto port = static_cast<std::uint16_t>(is_media ? 20'000 + 2 * i : 30'000 + i);
    remotes[i].sin_family = AF_INET;
    remotes[i].sin_port = htons(port);
    if (inet_pton(AF_INET, argv[4], &remotes[i].sin_addr) != 1) {
      fail("the server's address");
    }
    if (!is_media) {
      remotes[i].sin_addr.s_addr = htonl(ntohl(remotes[i].sin_addr.s_addr) + 64 * static_cast<std::uint32_t>(i));
    }
    servers[i].fd = udp_socket(remotes[i].sin_addr, port);
  }

  // A torrent's flows are spread over the second; a phone's clock ticks for all its flows at about the same time.
  const std::size_t ticks_per_s = 50;
  auto next = std::chrono::steady_clock::now();
  for (std::size_t tick = 0;; ++tick) {
    for (std::size_t i = 0; i < flows; ++i) {
      if (is_media) {
        send(clients[i], remotes[i], 172);
      } else if (i % ticks_per_s == tick % ticks_per_s) {
        send(clients[0], remotes[i], 100);
      }
    }
    for (Server& server : servers) {
      const bool has_come = drain(server.fd, server.client);
      if (server.client.sin_port != 0 && (is_media || has_come)) {
        send(server.fd, server.client, is_media ? 172 : 300);
      }
    }
    sockaddr_in ignored{};
    for (const int client : clients) {
      drain(client, ignored);
    }
    next += std::chrono::milliseconds(1000 / ticks_per_s);
    std::this_thread::sleep_until(next);
  }
}
