// What it costs to watch the delay on the line: the CPU time of the port while TCP packets pass, in a network namespace of its
// own. Prints a row for each kind of traffic. Needs root.
#include "ports/line/line.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "system/loop.h"
#include "tcp_packets.h"

namespace {

using namespace std::chrono_literals;
using Bytes = voip::test::Packet;

constexpr int packets_per_s = 2000;
constexpr auto measured_for = 5s;

std::int64_t cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

void put32(Bytes& packet, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    packet[at + i] = static_cast<std::uint8_t>(value >> (24U - 8 * i));
  }
}

// Out to port 443, or back.
Bytes packet(bool leaves, bool has_timestamps, std::size_t payload) {
  Bytes bytes = voip::test::ipv4(voip::test::tcp(has_timestamps ? voip::test::timestamps_option : Bytes{}), payload);
  bytes.resize(bytes.size() + payload);
  if (!leaves) {
    std::swap_ranges(bytes.begin() + 12, bytes.begin() + 16, bytes.begin() + 16);
    std::swap_ranges(bytes.begin() + 20, bytes.begin() + 22, bytes.begin() + 22);
  }
  return bytes;
}

struct Traffic {
  const char* name;
  bool has_timestamps;
  std::size_t up_payload;
  std::size_t down_payload;
};

class Sender {
 public:
  explicit Sender(const char* device) : fd_(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    to_.sll_family = AF_PACKET;
    to_.sll_protocol = htons(ETH_P_IP);
    to_.sll_ifindex = static_cast<int>(if_nametoindex(device));
    to_.sll_halen = ETH_ALEN;
  }
  void send(const Bytes& bytes, const std::array<std::uint8_t, 6>& hardware) {
    std::copy(hardware.begin(), hardware.end(), std::begin(to_.sll_addr));
    sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
  }

 private:
  voip::UniqueFd fd_;
  sockaddr_ll to_{};
};

// Half of the packets leave, the other half answers each of them.
void pass(const Traffic& traffic, const std::atomic<bool>& is_over) {
  Sender wan("wan");
  Sender isp("isp");
  Bytes up = packet(true, traffic.has_timestamps, traffic.up_payload);
  Bytes down = packet(false, traffic.has_timestamps, traffic.down_payload);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 1; !is_over; ++i) {
    put32(up, 24, i * 1448);
    put32(up, 28, i * 1448);
    put32(down, 24, i * 1448);
    put32(down, 28, traffic.up_payload != 0 ? i * 1448 : 1);
    if (traffic.has_timestamps) {
      for (Bytes* one : {&up, &down}) {
        put32(*one, 44, i);
        put32(*one, 48, i);
      }
    }
    wan.send(up, {2, 0, 0, 0, 0, 2});
    isp.send(down, {2, 0, 0, 0, 0, 1});
    std::this_thread::sleep_until(began + i * std::chrono::microseconds(2'000'000 / packets_per_s));
  }
}

int run(const std::string& command) {
  return std::system(command.c_str());
}

}  // namespace

int main() {
  if (unshare(CLONE_NEWNET) != 0 ||
      run("ip link add wan address 02:00:00:00:00:01 type veth peer name isp address 02:00:00:00:00:02 && "
          "ip link set wan up && ip link set isp up") != 0) {
    std::puts("SKIPPED: needs root and ip");
    return 77;
  }
  auto opened = voip::Loop::open();
  if (!opened) {
    std::puts(opened.error().c_str());
    return 1;
  }
  const std::unique_ptr<voip::Loop> loop = std::move(opened).value();
  const auto port = voip::make_line(voip::Settings{}, [] { return std::string("wan"); });
  static_cast<void>(port->open(*loop));
  std::printf("%d packets/s in %lld s%32s %14s %14s\n", packets_per_s, static_cast<long long>(measured_for.count()),
              "CPU us/packet", "CPU us/s", "answers/s");
  for (const Traffic& traffic :
       {Traffic{"nothing passes", true, 0, 0}, Traffic{"an upload, timestamps", true, 1400, 0},
        Traffic{"an upload, no timestamps", false, 1400, 0}, Traffic{"a download, timestamps", true, 0, 1400},
        Traffic{"a download, no timestamps", false, 0, 1400}}) {
    std::atomic<bool> is_over = false;
    const bool passes = traffic.up_payload + traffic.down_payload != 0;
    std::thread sender;
    if (passes) {
      sender = std::thread([&] { pass(traffic, is_over); });
    }
    port->perform(voip::MeasureDelay{true});
    const std::int64_t before = cpu_us();
    std::int64_t answers = 0;
    for (const voip::Instant end = loop->now() + measured_for; loop->now() < end;) {
      for (const voip::Event& event : loop->wait(end)) {
        answers += std::holds_alternative<voip::DelayMeasured>(event) ? 1 : 0;
      }
    }
    const std::int64_t used = cpu_us() - before;
    port->perform(voip::MeasureDelay{false});
    is_over = true;
    if (passes) {
      sender.join();
    }
    const double per_s = static_cast<double>(used) / static_cast<double>(measured_for.count());
    std::printf("%-32s %30.2f %14.0f %14lld\n", traffic.name, passes ? per_s / packets_per_s : 0.0, per_s,
                static_cast<long long>(answers / measured_for.count()));
  }
  return 0;
}
