// A name server that does what a test tells it to, for our threads and for those of Paho alike. Names that no test has told of go
// the usual way.
#pragma once

#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ports/mqtt/broker.h"
#include "ports/mqtt/names.h"

namespace voip::test {

class NameServer {
 public:
  enum class Answer : std::uint8_t { this_machine, unknown, silence };

  // One for each question for the name; the last one stays.
  using Answers = std::vector<Answer>;

  // Where "this machine" is.
  std::vector<std::string> this_machine{"127.0.0.1"};

  explicit NameServer(std::map<std::string, Answers> names) : names_(std::move(names)) {
    const std::lock_guard lock(mutex());
    current() = this;
    set_name_server(&get_addresses);
  }
  // Who still waits hears that there is no answer, as after the time limit of the C library; it takes the name server from the
  // machine only when nobody waits any more.
  ~NameServer() {
    std::unique_lock lock(mutex());
    is_over_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return waiting_ == 0; });
    current() = nullptr;
    set_name_server(nullptr);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  [[nodiscard]] std::size_t asked() const {
    const std::lock_guard lock(mutex());
    return asked_;
  }
  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard lock(mutex());
    return waiting_;
  }
  // From now on this is the answer for all who wait and all who come.
  void answer_all(Answer answer) {
    const std::lock_guard lock(mutex());
    for (auto& [name, answers] : names_) {
      answers = {answer};
    }
    changed_.notify_all();
  }

 private:
  static int get_addresses(const std::string& name, std::vector<std::string>& addresses) {
    std::unique_lock lock(mutex());
    NameServer* const server = current();
    return server == nullptr || !server->names_.contains(name) ? 0 : server->answer(name, addresses, lock);
  }

  int answer(const std::string& name, std::vector<std::string>& addresses, std::unique_lock<std::mutex>& lock) {
    ++asked_;
    Answers& answers = names_.at(name);
    Answer answer = answers.front();
    if (answers.size() > 1) {
      answers.erase(answers.begin());
    }
    if (answer == Answer::silence) {
      ++waiting_;
      const bool is_told = changed_.wait_for(lock, silence, [&] { return is_over_ || answers.front() != Answer::silence; });
      answer = is_told && !is_over_ ? answers.front() : Answer::silence;
      --waiting_;
      changed_.notify_all();
    }
    if (answer == Answer::this_machine) {
      addresses = this_machine;
    }
    return answer == Answer::this_machine ? 0 : answer == Answer::unknown ? EAI_NONAME : EAI_AGAIN;
  }

  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  static NameServer*& current() {
    static NameServer* one = nullptr;
    return one;
  }

  // The C library takes as long with two name servers that are dead.
  static constexpr auto silence = std::chrono::seconds(20);

  std::map<std::string, Answers> names_;
  std::size_t asked_ = 0;
  std::size_t waiting_ = 0;
  bool is_over_ = false;
  std::condition_variable changed_;
};

}  // namespace voip::test
