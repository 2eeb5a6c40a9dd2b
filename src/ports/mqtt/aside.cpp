#include "ports/mqtt/aside.h"

#include <malloc.h>

#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "ports/mqtt/client.h"

namespace voip {
namespace {

// One configuration asks one question at a time; the others are left from those before it.
constexpr int most_asked = 4;
std::atomic<int> asked = 0;

}  // namespace

void ask_aside(const std::shared_ptr<MqttInbox>& inbox, std::function<MqttHappening()> question) {
  if (++asked > most_asked) {
    --asked;
    inbox->put(MqttFailed{});
    return;
  }
  try {
    std::thread([inbox, question = std::move(question)] {
      MqttHappening answer = question();
      --asked;
      inbox->put(std::move(answer));
    }).detach();
  } catch (const std::system_error& error) {
    --asked;
    inbox->put(MqttFailed{error.what()});
  }
}

void end_aside(std::vector<std::shared_ptr<MqttClient>> clients) {
  try {
    // A copy of the function would be a second owner.
    const auto box = std::make_shared<std::vector<std::shared_ptr<MqttClient>>>(std::move(clients));
    std::thread([box] {
      box->clear();
#ifdef __GLIBC__
      malloc_trim(0);
#endif
    }).detach();
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): then they have ended here
  }
}

}  // namespace voip
