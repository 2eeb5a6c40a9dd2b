// What becomes of an attempt to connect that nobody waits for any more: a reload and the end come while a name server is silent,
// or while a broker is. They wait for neither, and nothing is left behind that could do harm.
#include "ports/mqtt/fixture.h"
#include "ports/mqtt/name_server.h"

namespace voip::test {
namespace {

using Answer = NameServer::Answer;

constexpr const char* name = "broker.test";

std::string uri_of(std::uint16_t port, const std::string& scheme = "mqtt") {
  return scheme + "://" + name + ":" + std::to_string(port);
}

// Takes connections and says nothing; or, when it is full, does not even take them.
class SilentHost {
 public:
  explicit SilentHost(bool is_full = false) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    if (bind(listener_.get(), raw(), length) != 0 || listen(listener_.get(), is_full ? 0 : 16) != 0 ||
        getsockname(listener_.get(), raw(), &length) != 0) {
      std::abort();
    }
    for (int i = 0; is_full && i < 4; ++i) {
      guests_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      [[maybe_unused]] const int under_way = connect(guests_.back().get(), raw(), length);
    }
  }
  [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&address_); }  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)

  UniqueFd listener_;
  sockaddr_in address_{};
  std::vector<UniqueFd> guests_;
};

class MqttNames : public MqttTest {
 protected:
  static Settings settings_for_uri(const std::string& uri) {
    Settings settings;
    settings.mqtt.uri = {uri};
    settings.mqtt.max_reconnect_delay = 1s;
    settings.home_assistant.discovery = false;
    return settings;
  }
  static std::unique_ptr<Node> open(const Settings& settings) {
    auto node = std::make_unique<Node>(settings);
    EXPECT_TRUE(node->open().ok());
    return node;
  }
  // As the daemon does at a reload and at its end.
  static std::chrono::milliseconds end(std::unique_ptr<Node> node) {
    const auto before = Steady::now();
    node->close();
    node.reset();
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - before);
  }
};

using MqttNamesDeathTest = MqttNames;

// The end of a node in the middle of an attempt, and at once that of the program.
[[noreturn]] void end_in_the_middle(const Settings& settings, Duration after) {
  {
    Node node(settings);
    static_cast<void>(node.open());
    node.run_for(after);
    node.close();
  }
  std::exit(0);  // NOLINT(concurrency-mt-unsafe): the threads that may be left are what is tested
}

TEST_F(MqttNames, ANameServerThatIsSilentDoesNotHoldUpTheEnd) {
  NameServer names({{name, {Answer::silence}}});
  auto node = open(settings_for_uri(uri_of(1)));
  ASSERT_TRUE(node->run_until([&] { return names.waiting() == 1; }));
  EXPECT_LT(end(std::move(node)).count(), 500);
}

TEST_F(MqttNames, ANameServerThatIsSilentDoesNotHoldUpTheBrokerOfTheNextConfiguration) {
  Broker broker;
  broker.start();
  NameServer names({{name, {Answer::silence}}});
  auto node = open(settings_for_uri(uri_of(1)));
  ASSERT_TRUE(node->run_until([&] { return names.waiting() == 1; }));
  end(std::move(node));
  node = open(settings_for(broker));
  Observer observer(broker);
  EXPECT_TRUE(saw(*node, observer, "status online", 5s));
  EXPECT_EQ(names.waiting(), 1U);
  expect_undisturbed(*node);
}

TEST_F(MqttNames, ANameServerThatIsSilentDisturbsNothingAndIsToldOnce) {
  Broker broker;
  broker.start();
  NameServer names({{name, {Answer::silence}}});
  testing::internal::CaptureStderr();
  auto node = open(settings_for_uri(uri_of(broker.port())));
  for (int calls = 0; calls < 100; ++calls) {
    node->report().calls = calls;
    node->perform(ReportChanged{node->report()});
    node->run_for(20ms);
  }
  EXPECT_EQ(names.asked(), 1U);
  names.answer_all(Answer::unknown);
  node->run_for(5s);
  EXPECT_GE(names.asked(), 2U);
  names.answer_all(Answer::this_machine);
  Observer observer(broker);
  EXPECT_TRUE(saw(*node, observer, R"("calls":99)"));
  expect_undisturbed(*node);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(log), 2) << log;
  EXPECT_NE(
      log.find("cannot connect to " + uri_of(broker.port()) + ": no address for the name broker.test (DNS: Name or service " +
               "not known); trying again until it works, switching goes on without it"),
      std::string::npos)
      << log;
  EXPECT_NE(log.find("connected to " + uri_of(broker.port())), std::string::npos) << log;
}

TEST_F(MqttNames, ManyReloadsWhileANameServerIsSilentLeaveAFewQuestionsBehind) {
  Broker broker;
  broker.start();
  NameServer names({{name, {Answer::silence}}});
  testing::internal::CaptureStderr();
  for (int i = 0; i < 20; ++i) {
    auto node = open(settings_for_uri(uri_of(broker.port())));
    node->run_for(20ms);
    EXPECT_LT(end(std::move(node)).count(), 500);
    EXPECT_LE(names.waiting(), 4U);
  }
  auto node = open(settings_for_uri(uri_of(broker.port())));
  node->run_for(1s);
  names.answer_all(Answer::this_machine);
  Observer observer(broker);
  EXPECT_TRUE(saw(*node, observer, "status online"));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(log), 1) << log;  // that it is connected
}

// Paho would ask once more, with its lock held. It hears what we have found.
TEST_F(MqttNames, PahoAsksNobody) {
  Broker broker;
  broker.start();
  NameServer names({{name, {Answer::this_machine, Answer::silence}}});
  auto node = open(settings_for_uri(uri_of(broker.port())));
  Observer observer(broker);
  EXPECT_TRUE(saw(*node, observer, "status online"));
  EXPECT_EQ(names.asked(), 1U);
  EXPECT_LT(end(std::move(node)).count(), 3'000);
}

TEST_F(MqttNames, ANameServerThatFallsSilentInBetweenDisturbsNothing) {
  NameServer names({{name, {Answer::this_machine, Answer::silence}}});
  auto node = open(settings_for_uri(uri_of(1)));
  ASSERT_TRUE(node->run_until([&] { return names.waiting() == 1; }));  // why nobody listens there
  for (int calls = 0; calls < 50; ++calls) {
    node->report().calls = calls;
    node->perform(ReportChanged{node->report()});
    node->run_for(20ms);
  }
  expect_undisturbed(*node);
  names.answer_all(Answer::unknown);
  EXPECT_LT(end(std::move(node)).count(), 3'000);
}

TEST_F(MqttNames, AnAddressThatIsDeadDoesNotStandBeforeOneThatLives) {
  Broker broker;  // listens on 127.0.0.1
  broker.start();
  for (const auto& addresses : std::vector<std::vector<std::string>>{
           {"::1", "127.0.0.1"}, {"127.0.0.9", "::1", "127.0.0.1"}, {"198.51.100.1", "127.0.0.1"}}) {
    NameServer names({{name, {Answer::this_machine}}});
    names.this_machine = addresses;
    auto node = open(settings_for_uri(uri_of(broker.port())));
    Observer observer(broker);
    EXPECT_TRUE(saw(*node, observer, "status online", 30s)) << addresses.front();
    expect_undisturbed(*node);
    end(std::move(node));
  }
}

TEST_F(MqttNames, AnIPv6AddressThatLivesIsFoundBehindADeadIPv4One) {
  const std::uint16_t port = free_port();
  Broker six("allow_anonymous true\nlistener " + std::to_string(port) + " ::1\n");
  six.start();
  NameServer names({{name, {Answer::this_machine}}});
  names.this_machine = {"127.0.0.1", "::1"};
  auto node = open(settings_for_uri(uri_of(port)));
  Observer observer(six);
  EXPECT_TRUE(saw(*node, observer, "status online", 30s));
  end(std::move(node));
}

// It takes connections and is no broker.
TEST_F(MqttNames, AnAddressThatIsOfNoUseDoesNotStandBeforeOneThatIs) {
  Broker broker;
  broker.start();
  const UniqueFd other(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(broker.port());
  inet_pton(AF_INET, "127.0.0.9", &address.sin_addr);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  ASSERT_EQ(bind(other.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(other.get(), 16), 0);
  NameServer names({{name, {Answer::this_machine}}});
  names.this_machine = {"127.0.0.9", "127.0.0.1"};
  auto node = open(settings_for_uri(uri_of(broker.port())));
  Observer observer(broker);
  EXPECT_TRUE(saw(*node, observer, "status online", 60s));
  end(std::move(node));
}

TEST_F(MqttNames, OfSeveralDeadAddressesEachIsTold) {
  NameServer names({{name, {Answer::this_machine}}});
  names.this_machine = {"127.0.0.1", "::1"};
  testing::internal::CaptureStderr();
  auto node = open(settings_for_uri(uri_of(1)));
  node->run_for(3s);
  end(std::move(node));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(log), 1) << log;
  EXPECT_NE(log.find("nobody listens on port 1 there (127.0.0.1); "), std::string::npos) << log;
  EXPECT_NE(log.find("(::1)"), std::string::npos) << log;
}

TEST_F(MqttNames, ATrialWaitsForANameServerOnlySoLong) {
  Broker broker;
  broker.start();
  NameServer names({{name, {Answer::silence}}});
  Settings settings = settings_for(broker);
  settings.mqtt.uri.insert(settings.mqtt.uri.begin(), uri_of(broker.port()));
  const auto commands = CommandLoop::open().value();
  const auto trials = try_brokers(settings, {}, *commands).value();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(trials[0].why, "no answer from the name server within 8s");
  EXPECT_EQ(trials[1].why, "");
  EXPECT_EQ(names.waiting(), 1U);
}

TEST_F(MqttNames, ABrokerThatIsSilentDoesNotHoldUpTheEnd) {
  for (const bool is_full : {false, true}) {
    const SilentHost host(is_full);
    for (const char* scheme : {"mqtt", "mqtts", "ws", "wss"}) {
      NameServer names({{name, {Answer::this_machine}}});
      auto node = open(settings_for_uri(uri_of(host.port(), scheme)));
      node->run_for(300ms);
      EXPECT_GE(names.asked(), 1U);
      const auto took = end(std::move(node));
      EXPECT_LT(took.count(), 3'000) << scheme;  // the library's threads look around each second
      RecordProperty(std::string(scheme) + (is_full ? "_full" : "_silent") + "_ms", static_cast<int>(took.count()));
    }
  }
}

TEST_F(MqttNamesDeathTest, TheProgramMayEndInTheMiddleOfAnAttempt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EXIT(
        {
          NameServer names({{name, {Answer::silence}}});
          end_in_the_middle(settings_for_uri(uri_of(1, "mqtts")), 200ms);
        },
        testing::ExitedWithCode(0), "");
    EXPECT_EXIT(
        {
          const SilentHost silent;
          NameServer names({{name, {Answer::this_machine}}});
          end_in_the_middle(settings_for_uri(uri_of(silent.port(), "mqtts")), 200ms);
        },
        testing::ExitedWithCode(0), "");
  }
}

}  // namespace
}  // namespace voip::test
