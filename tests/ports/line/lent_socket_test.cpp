// A packet socket that is lent by way of the service manager, which is here the test.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "base/unique_fd.h"
#include "ports/line/line.h"

namespace voip {
namespace {

// What a process of its own says: its exit status.
int in_a_child(const std::function<bool()>& is_right) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(is_right() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

struct Received {
  std::string text;
  UniqueFd socket;
};

// As sd_notify(3) describes it, from an abstract name.
class Systemd {
 public:
  Systemd() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_ = "@voip-qosd-test-" + std::to_string(getpid());
    std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size())),
              0);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~Systemd() { unsetenv("NOTIFY_SOCKET"); }
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  Received receive() {
    std::array<char, 200> text{};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = recvmsg(fd_.get(), &message, MSG_DONTWAIT);
    Received received{std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))), {}};
    if (const cmsghdr* rights = CMSG_FIRSTHDR(&message); rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
      received.socket.reset(fd);
    }
    return received;
  }

 private:
  UniqueFd fd_;
  std::string name_;
};

void pass_on(int fd, const std::string& process, const char* names) {
  dup2(fd, 3);
  setenv("LISTEN_PID", process.c_str(), 1);
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_FDNAMES", names, 1);
}

TEST(LentSocket, GoesThroughTheServiceManagerToTheDaemon) {
  Systemd manager;
  if (const Status lent = lend_packet_socket(); !lent) {
    GTEST_SKIP() << lent.error();
  }
  const Received kept = manager.receive();
  EXPECT_EQ(kept.text, "FDSTORE=1\nFDPOLL=0\nFDNAME=packets\n");
  ASSERT_TRUE(kept.socket);

  const auto takes = [&](const char* names, bool is_of_another) {
    return in_a_child([&] {
             pass_on(kept.socket.get(), std::to_string(is_of_another ? 1 : getpid()), names);
             const UniqueFd lent = take_lent_packet_socket();
             return lent.get() == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && std::getenv("LISTEN_FDS") == nullptr;
           }) == 0;
  };
  EXPECT_TRUE(takes("packets", false));
  EXPECT_FALSE(takes("something", false));
  EXPECT_FALSE(takes("packets", true)) << "it was meant for who started us";
}

TEST(LentSocket, AnotherKindOfSocketOfThatNameIsNotTaken) {
  EXPECT_EQ(in_a_child([] {
              const UniqueFd other(socket(AF_UNIX, SOCK_DGRAM, 0));
              pass_on(other.get(), std::to_string(getpid()), "packets");
              return !take_lent_packet_socket();
            }),
            0);
  EXPECT_FALSE(take_lent_packet_socket()) << "nothing was passed on";
}

TEST(LentSocket, WithoutAServiceManagerThatIsSaid) {
  unsetenv("NOTIFY_SOCKET");
  const Status lent = lend_packet_socket();
  ASSERT_FALSE(lent);
  EXPECT_NE(lent.error().find("NOTIFY_SOCKET"), std::string::npos);
}

}  // namespace
}  // namespace voip
