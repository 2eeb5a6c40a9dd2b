// Real Unix sockets: well-behaved clients, and all the others.
#include "ports/control/control.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "commands/common/daemon_client.h"
#include "own_directory.h"
#include "ports/loop_until.h"

namespace voip {
namespace {

using Json = nlohmann::json;

class ControlSocketTest : public testing::Test {
 protected:
  ControlSocketTest() { settings_.socket = folder_ + "/run/control.sock"; }
  ~ControlSocketTest() override {
    port_.reset();
    loop_.reset();
  }

  Status open(ControlLimits limits = {}) {
    port_ = std::make_unique<ControlSocket>(settings_, DaemonFacts{"1.2.3", "tc", "calls", {}}, limits);
    return port_->open(*loop_);
  }

  [[nodiscard]] UniqueFd connected() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(settings_.socket.begin(), settings_.socket.end(), std::begin(address.sun_path));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << strerror(errno);
    return fd;
  }

  static void say(const UniqueFd& fd, std::string_view text) {
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  // What a client has got so far; "" at the end of the connection too.
  static std::string heard(const UniqueFd& fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t count = 0; (count = ::recv(fd.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  static bool is_hung_up(const UniqueFd& fd) {
    char c = 0;
    return ::recv(fd.get(), &c, 1, MSG_PEEK) == 0 || errno == ECONNRESET;
  }

  // Plays the engine: answers each StatusRequested, and remembers the orders.
  bool turn_until(Duration limit, const std::function<bool()>& done) {
    return test::loop_until(*loop_, limit, [&](const Event& event) {
      if (const auto* asked = std::get_if<StatusRequested>(&event)) {
        port_->perform(StatusReported{asked->request, status_});
      } else if (const auto* order = std::get_if<SetMode>(&event)) {
        orders_.push_back(*order);
        status_.report.mode = order->mode;
        port_->perform(OrderTaken{order->request, OrderTaken::Result::done, ""});
      }
      return done();
    });
  }

  std::string answer(const UniqueFd& fd) {
    std::string text = heard(fd);
    EXPECT_TRUE(text.ends_with('\n') || turn_until(5s, [&] {
                  text += heard(fd);
                  return text.ends_with('\n');
                }));
    return text;
  }

  test::OwnDirectory own_;
  std::string folder_ = own_.path();
  ControlSettings settings_;
  std::unique_ptr<Loop> loop_ = test::open_loop();
  std::unique_ptr<ControlSocket> port_;
  FullStatus status_;
  std::vector<SetMode> orders_;
};

TEST_F(ControlSocketTest, AnswersStatusWithOneJsonLine) {
  ASSERT_TRUE(open().ok());
  const UniqueFd client = connected();
  say(client, "status\n");
  const Json json = Json::parse(answer(client));
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["mode"], "auto");
  say(client, "status\r\n");
  EXPECT_EQ(Json::parse(answer(client))["mode"], "auto") << "a second one on the same connection";
}

TEST_F(ControlSocketTest, AnOrderIsAnsweredWithTheStateThatItLedTo) {
  ASSERT_TRUE(open().ok());
  const UniqueFd client = connected();
  say(client, "qos on 1800000\n");
  EXPECT_EQ(Json::parse(answer(client))["mode"], "on");
  ASSERT_EQ(orders_.size(), 1U);
  EXPECT_EQ(orders_[0].mode, Mode::on);
  EXPECT_EQ(orders_[0].time_limit, 30min);
  EXPECT_FALSE(orders_[0].until_changed);
}

TEST_F(ControlSocketTest, GarbageIsRefusedAndChangesNothing) {
  ASSERT_TRUE(open().ok());
  const UniqueFd client = connected();
  say(client, std::string_view("\0\xff\n", 3));
  EXPECT_TRUE(Json::parse(answer(client)).contains("error"));
  say(client, "qos maybe\n");
  EXPECT_TRUE(Json::parse(answer(client)).contains("error"));
  EXPECT_TRUE(orders_.empty());
  say(client, "status\n");
  EXPECT_TRUE(Json::parse(answer(client)).contains("qos")) << "the connection goes on";
}

TEST_F(ControlSocketTest, TwoClientsAtATimeGetTheirOwnAnswers) {
  ASSERT_TRUE(open().ok());
  const UniqueFd first = connected();
  const UniqueFd second = connected();
  say(first, "status\n");
  say(second, "nonsense\n");
  EXPECT_TRUE(Json::parse(answer(first)).contains("qos"));
  EXPECT_TRUE(Json::parse(answer(second)).contains("error"));
}

TEST_F(ControlSocketTest, HalfLinesAreWaitedFor) {
  ASSERT_TRUE(open().ok());
  const UniqueFd client = connected();
  for (const char* part : {"s", "tat", "us"}) {
    say(client, part);
    EXPECT_FALSE(turn_until(20ms, [&] { return !heard(client).empty(); }));
  }
  say(client, "\nqos off\nstat");
  std::string text;
  EXPECT_TRUE(turn_until(5s, [&] {
    text += heard(client);
    return std::count(text.begin(), text.end(), '\n') == 2;
  }));
  EXPECT_EQ(orders_.size(), 1U);
}

TEST_F(ControlSocketTest, AClientThatClosesItsHalfStillGetsItsAnswer) {
  ASSERT_TRUE(open().ok());
  const UniqueFd client = connected();
  say(client, "status\n");
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_TRUE(Json::parse(answer(client)).contains("qos"));
  EXPECT_TRUE(turn_until(5s, [&] { return is_hung_up(client); }));
}

TEST_F(ControlSocketTest, ALineThatIsTooLongEndsTheConnection) {
  ASSERT_TRUE(open().ok());
  const UniqueFd client = connected();
  say(client, std::string(100'000, 'x'));
  std::string text;
  EXPECT_TRUE(turn_until(5s, [&] {
    text += heard(client);
    return is_hung_up(client);
  }));
  EXPECT_NE(text.find("longer than 128 bytes"), std::string::npos);
}

TEST_F(ControlSocketTest, AClientThatNeverReadsIsDroppedAndHoldsUpNobody) {
  ASSERT_TRUE(open({.clients = 8, .idle = 300ms}).ok());
  status_.report.error = std::string(2U << 20U, 'e');  // more than any socket buffer holds
  const UniqueFd deaf = connected();
  say(deaf, "status\nstatus\nstatus\n");
  EXPECT_FALSE(turn_until(50ms, [] { return false; }));
  status_.report.error.clear();
  const UniqueFd client = connected();
  say(client, "status\n");
  EXPECT_TRUE(Json::parse(answer(client)).contains("qos"));
  EXPECT_FALSE(turn_until(500ms, [] { return false; }));
  static_cast<void>(heard(deaf));
  EXPECT_TRUE(is_hung_up(deaf));
}

TEST_F(ControlSocketTest, ALargeAnswerArrivesWhole) {
  ASSERT_TRUE(open().ok());
  status_.report.error = std::string(2U << 20U, 'e');
  const UniqueFd client = connected();
  say(client, "status\n");
  EXPECT_EQ(Json::parse(answer(client))["error"], status_.report.error);
}

TEST_F(ControlSocketTest, AnIdleClientIsDropped) {
  ASSERT_TRUE(open({.clients = 8, .idle = 100ms}).ok());
  const UniqueFd client = connected();
  EXPECT_TRUE(turn_until(5s, [&] { return is_hung_up(client); }));
}

TEST_F(ControlSocketTest, TooManyClientsAreTurnedAway) {
  ASSERT_TRUE(open({.clients = 2, .idle = 10s}).ok());
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connected());
    EXPECT_FALSE(turn_until(20ms, [] { return false; }));
  }
  EXPECT_NE(heard(clients[2]).find("too many clients"), std::string::npos);
  EXPECT_TRUE(is_hung_up(clients[2]));
  clients.erase(clients.begin());
  EXPECT_FALSE(turn_until(20ms, [] { return false; }));
  const UniqueFd next = connected();
  say(next, "status\n");
  EXPECT_TRUE(Json::parse(answer(next)).contains("qos")) << "there is room again";
}

TEST_F(ControlSocketTest, AClientThatGoesAwayBeforeItsAnswerIsForgotten) {
  ASSERT_TRUE(open().ok());
  UniqueFd client = connected();
  say(client, "status\n");
  client.reset();
  EXPECT_FALSE(turn_until(50ms, [] { return false; }));
  port_->perform(StatusReported{{RequestId::Asker::control, 12345}, status_});
}

TEST_F(ControlSocketTest, TheSocketIsForTheDaemonsUserAlone) {
  ASSERT_TRUE(open().ok());
  struct stat status {};
  ASSERT_EQ(::stat(settings_.socket.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ControlSocketTest, AGroupMayUseItToo) {
  settings_.group = "daemon";
  const Status opened = open();
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root gives a file to any group";
  }
  ASSERT_TRUE(opened.ok());
  struct stat status {};
  ASSERT_EQ(::stat(settings_.socket.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  EXPECT_EQ(status.st_gid, 1U);
  port_.reset();
  settings_.group = "no-such-group";
  EXPECT_NE(open().error().find("no such group"), std::string::npos);
}

// Whether a user of these groups, and of no other, gets through to the socket.
bool may_connect(const std::string& path, const std::vector<gid_t>& groups) {
  const pid_t user = fork();
  if (user == 0) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_user = setgroups(groups.size(), groups.data()) == 0 && setgid(4321) == 0 && setuid(4321) == 0;
    _exit(is_user && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : 1);
  }
  int status = 0;
  return waitpid(user, &status, 0) == user && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(ControlSocketTest, AServiceWithoutPrivilegesLetsAGroupInThatItIsNoMemberOf) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root becomes other users";
  }
  settings_.group = "daemon";
  ASSERT_EQ(chown(folder_.c_str(), 65534, 65534), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(seteuid(65534), 0);
  const Status opened = open();
  ASSERT_EQ(seteuid(0), 0);
  ASSERT_TRUE(opened.ok()) << opened.error();
  // The directory below it was made with the test's umask.
  std::filesystem::permissions(folder_ + "/run", std::filesystem::perms(0755));
  EXPECT_TRUE(may_connect(settings_.socket, {1}));
  EXPECT_FALSE(may_connect(settings_.socket, {}));
}

TEST_F(ControlSocketTest, AStaleSocketIsReplacedButALivingDaemonIsNot) {
  ASSERT_TRUE(open().ok());
  ControlSocket second(settings_, DaemonFacts{"1.2.3", "tc", "calls", {}});
  EXPECT_NE(second.open(*loop_).error().find("another voip-qosd answers"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(settings_.socket)) << "the refused one must not remove the other's";

  // What a killed daemon leaves behind: the file, and nobody who listens.
  const std::string kept = settings_.socket + ".kept";
  ASSERT_EQ(::link(settings_.socket.c_str(), kept.c_str()), 0);
  port_.reset();
  EXPECT_FALSE(std::filesystem::exists(settings_.socket)) << "a clean end removes it";
  ASSERT_EQ(::rename(kept.c_str(), settings_.socket.c_str()), 0);
  EXPECT_TRUE(open().ok());
  const UniqueFd client = connected();
  say(client, "status\n");
  EXPECT_TRUE(Json::parse(answer(client)).contains("qos"));
}

TEST_F(ControlSocketTest, AStrangersFileIsLeftAlone) {
  std::filesystem::create_directories(folder_ + "/run");
  std::ofstream(settings_.socket) << "precious";
  EXPECT_NE(open().error().find("no socket"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(settings_.socket), 8U);
}

TEST_F(ControlSocketTest, TheClientOfTheCommandsGetsAnAnswer) {
  ASSERT_TRUE(open().ok());
  auto asked = std::async(std::launch::async, [path = settings_.socket] { return ask_daemon(path, "status"); });
  EXPECT_TRUE(turn_until(5s, [&] { return asked.wait_for(0s) == std::future_status::ready; }) ||
              asked.wait_for(1s) == std::future_status::ready);
  const ControlAnswer answer = asked.get();
  ASSERT_TRUE(std::holds_alternative<std::string>(answer));
  EXPECT_EQ(Json::parse(std::get<std::string>(answer))["version"], "1.2.3");
}

TEST_F(ControlSocketTest, TheClientOfTheCommandsSaysWhenNobodyIsThere) {
  EXPECT_TRUE(std::holds_alternative<NotRunning>(ask_daemon(settings_.socket, "status")));
  ASSERT_TRUE(open().ok());
  port_.reset();
  EXPECT_TRUE(std::holds_alternative<NotRunning>(ask_daemon(settings_.socket, "status")));
  EXPECT_TRUE(std::holds_alternative<Error>(ask_daemon("/" + std::string(200, 'x'), "status")));
}

}  // namespace
}  // namespace voip
