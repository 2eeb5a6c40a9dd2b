// A real mosquitto on a free loopback port, and its clients as observers. Everything is ended by its own pid.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace voip::test {

using Steady = std::chrono::steady_clock;

// A program with its standard streams on pipes, killed when it goes out of scope.
class Program {
 public:
  explicit Program(const std::vector<std::string>& argv) {
    int in[2];   // NOLINT(modernize-avoid-c-arrays)
    int out[2];  // NOLINT(modernize-avoid-c-arrays)
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
      std::abort();
    }
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);  // the tests look at what the node itself says there
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      std::vector<char*> arguments;
      arguments.reserve(argv.size() + 1);
      for (const std::string& argument : argv) {
        arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
      }
      arguments.push_back(nullptr);
      execvp(arguments.front(), arguments.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    in_.reset(in[1]);
    out_.reset(out[0]);
    fcntl(out_.get(), F_SETFL, O_NONBLOCK);
  }
  ~Program() { end(SIGKILL); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const { kill(pid_, number); }
  int end(int number = 0) {
    if (pid_ <= 0) {
      return -1;
    }
    if (number != 0) {
      kill(pid_, number);
    }
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void write_all(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = write(in_.get(), text.data() + at, text.size() - at);
      if (written <= 0) {
        return;
      }
      at += static_cast<std::size_t>(written);
    }
  }
  void close_input() { in_.reset(); }
  const std::string& output() {
    char buffer[4096];  // NOLINT(modernize-avoid-c-arrays)
    for (ssize_t got = 0; (got = read(out_.get(), buffer, sizeof buffer)) > 0;) {
      output_.append(buffer, static_cast<std::size_t>(got));
    }
    return output_;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd in_;
  UniqueFd out_;
  std::string output_;
};

inline int run(const std::vector<std::string>& argv) {
  return Program(argv).end();
}

inline std::uint16_t free_port() {
  const UniqueFd socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  if (bind(socket_fd.get(), raw, length) != 0 || getsockname(socket_fd.get(), raw, &length) != 0) {
    std::abort();
  }
  return ntohs(address.sin_port);
}

class Broker {
 public:
  // `extra` goes into the configuration; without it everybody may do everything.
  explicit Broker(std::string extra = "allow_anonymous true\n", std::uint16_t port = free_port())
      : port_(port), extra_(std::move(extra)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "voip-mqtt-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~Broker() {
    stop();
    std::filesystem::remove_all(directory_);
  }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  static bool is_installed() {
    return std::filesystem::exists("/usr/sbin/mosquitto") && run({"sh", "-c", "command -v mosquitto_sub"}) == 0;
  }

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string uri(const std::string& scheme = "mqtt") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_);
  }

  void start() {
    // It would become the user "mosquitto", who may not read the directory, were it started by root.
    std::ofstream(directory_ / "conf") << "listener " << port_ << " 127.0.0.1\npersistence false\nuser root\nlog_dest file "
                                       << (directory_ / "log").string() << "\n"
                                       << extra_;
    program_ = std::make_unique<Program>(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", (directory_ / "conf").string()});
    const auto limit = Steady::now() + std::chrono::seconds(10);
    for (const std::uint16_t port : {port_, second_port_}) {
      while (port != 0 && !answers(port) && Steady::now() < limit) {
        usleep(5'000);
      }
    }
  }
  // Another listener, with these lines; before start().
  std::uint16_t add_listener(const std::string& lines) {
    second_port_ = free_port();
    extra_ += "listener " + std::to_string(second_port_) + " 127.0.0.1\n" + lines;
    return second_port_;
  }
  [[nodiscard]] static bool answers(std::uint16_t port) {
    const UniqueFd socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    return connect(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  void stop(int number = SIGKILL) {
    if (program_) {
      program_->end(number);
      program_.reset();
    }
  }
  void signal(int number) const { program_->signal(number); }

  [[nodiscard]] std::vector<std::string> client(const std::string& name, const std::vector<std::string>& rest) const {
    std::vector<std::string> argv{name, "-h", "127.0.0.1", "-p", std::to_string(port_)};
    argv.insert(argv.end(), rest.begin(), rest.end());
    return argv;
  }
  void publish(const std::string& topic, const std::string& payload, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> rest{"-q", "1", "-t", topic, "-m", payload};
    rest.insert(rest.end(), more.begin(), more.end());
    EXPECT_EQ(run(client("mosquitto_pub", rest)), 0);
  }

 private:
  std::uint16_t port_;
  std::uint16_t second_port_ = 0;
  std::string extra_;
  std::filesystem::path directory_;
  std::unique_ptr<Program> program_;
};

// Everything that goes over the broker, as lines "<retained 0|1> <topic> <payload>".
class Observer {
 public:
  explicit Observer(const Broker& broker, const std::vector<std::string>& more = {}) : program_(argv(broker, more)) {}

  [[nodiscard]] const std::string& text() { return program_.output(); }
  bool saw(const std::string& line) { return text().find(line) != std::string::npos; }
  std::size_t count(const std::string& part) {
    std::size_t found = 0;
    const std::string& all = text();
    for (std::size_t at = all.find(part); at != std::string::npos; at = all.find(part, at + part.size())) {
      ++found;
    }
    return found;
  }

 private:
  static std::vector<std::string> argv(const Broker& broker, const std::vector<std::string>& more) {
    std::vector<std::string> rest{"-q", "1", "-F", "%r %t %p", "-t", "#"};
    rest.insert(rest.end(), more.begin(), more.end());
    return broker.client("mosquitto_sub", rest);
  }
  Program program_;
};

}  // namespace voip::test
