// The two ends of the control socket that outlive a single connection: its file, and a client that waits.
#include "ports/control/listener.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>

#include "commands/common/daemon_client.h"
#include "own_directory.h"
#include "ports/control/control.h"

namespace voip {
namespace {

class ControlListener : public testing::Test {
 protected:
  ControlListener() { settings_.socket = folder_ + "/control.sock"; }

  test::OwnDirectory own_;
  std::string folder_ = own_.path();
  ControlSettings settings_;
};

TEST_F(ControlListener, OnlyItsOwnFileIsRemovedInTheEnd) {
  const auto loop = Loop::open();
  ASSERT_TRUE(loop);
  const DaemonFacts facts{"1.2.3", "tc", "calls", {}};
  ControlSocket first(settings_, facts);
  ControlSocket second(settings_, facts);
  ASSERT_TRUE(first.open(**loop).ok());
  ASSERT_TRUE(std::filesystem::remove(settings_.socket)) << "by somebody who tidies up";
  ASSERT_TRUE(second.open(**loop).ok());
  first.close();
  EXPECT_TRUE(std::filesystem::exists(settings_.socket)) << "the second one's";
  second.close();
  EXPECT_FALSE(std::filesystem::exists(settings_.socket));
}

TEST_F(ControlListener, AnAnswerThatTricklesIsNotWaitedFor) {
  auto listener = open_listener(settings_);
  ASSERT_TRUE(listener) << listener.error();
  auto trickling = std::async(std::launch::async, [&] {
    pollfd ready{listener->fd.get(), POLLIN, 0};
    poll(&ready, 1, 5000);
    const UniqueFd client(::accept4(listener->fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    int sent = 0;
    while (sent < 80 && ::send(client.get(), "x", 1, MSG_NOSIGNAL) == 1) {
      ++sent;
      std::this_thread::sleep_for(100ms);
    }
    return sent;
  });
  const ControlAnswer answer = ask_daemon(settings_.socket, "status");
  ASSERT_TRUE(std::holds_alternative<Error>(answer));
  EXPECT_NE(std::get<Error>(answer).message.find("no answer within 5 s"), std::string::npos);
  EXPECT_LT(trickling.get(), 70);
}

}  // namespace
}  // namespace voip
