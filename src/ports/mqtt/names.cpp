#include "ports/mqtt/names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

namespace voip {
namespace {

constexpr std::size_t most_addresses = 4;

struct Answers {
  std::mutex mutex;
  std::map<std::string, std::string> addresses;  // by name
};

// Never destroyed: a thread of the library may ask until the very end.
Answers& answers() {
  static auto* const all = new Answers;  // NOLINT(cppcoreguidelines-owning-memory)
  return *all;
}

using GetAddresses = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

GetAddresses of_the_c_library() {
  static const auto found = reinterpret_cast<GetAddresses>(dlsym(RTLD_NEXT, "getaddrinfo"));  // NOLINT(*-reinterpret-cast)
  return found;
}

std::atomic<NameServerDouble> name_server = nullptr;

std::string answer_for(const char* name) {
  if (name == nullptr) {
    return {};
  }
  const std::lock_guard lock(answers().mutex);
  const auto found = answers().addresses.find(name);
  return found == answers().addresses.end() ? std::string() : found->second;
}

int ask_c_library(const std::string& name, std::vector<std::string>& addresses) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int failed = of_the_c_library()(name.c_str(), nullptr, &hints, &raw); failed != 0) {
    return failed;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> first(raw, &freeaddrinfo);
  for (const int family : {AF_INET, AF_INET6}) {
    for (const addrinfo* one = first.get(); one != nullptr; one = one->ai_next) {
      std::array<char, NI_MAXHOST> text{};
      if (one->ai_family == family &&
          getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0 &&
          std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end()) {
        addresses.emplace_back(text.data());
      }
    }
  }
  return 0;
}

}  // namespace

Result<std::vector<std::string>> addresses_of(const std::string& name) {
  std::vector<std::string> found;
  const NameServerDouble stand_in = name_server;
  int failed = stand_in == nullptr ? 0 : stand_in(name, found);
  if (failed == 0 && found.empty()) {
    failed = ask_c_library(name, found);
  }
  if (failed != 0 || found.empty()) {
    return Error{"no address for the name " + name + " (DNS: " + gai_strerror(failed == 0 ? EAI_NONAME : failed) + ")"};
  }
  found.resize(std::min(found.size(), most_addresses));
  return found;
}

void answer_with(const std::string& name, const std::string& address) {
  const std::lock_guard lock(answers().mutex);
  answers().addresses[name] = address;
}

void set_name_server(NameServerDouble stand_in) {
  name_server = stand_in;
}

}  // namespace voip

// Stands before the C library's for the whole program, its libraries included.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library's begin with underscores
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* __restrict name, const char* __restrict service,
                                                                  const addrinfo* __restrict hints, addrinfo** __restrict found) {
  const std::string address = voip::answer_for(name);
  return voip::of_the_c_library()(address.empty() ? name : address.c_str(), service, hints, found);
}
