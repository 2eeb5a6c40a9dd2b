// TLS and WebSockets with certificates that the test makes itself: right, for another name, expired, from a stranger, and our
// own.
#include "ports/mqtt/fixture.h"
#include "ports/mqtt/name_server.h"

namespace voip::test {
namespace {

namespace fs = std::filesystem;

// A small authority in a directory of its own.
class Authority {
 public:
  explicit Authority(fs::path directory) : directory_(std::move(directory)) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test authority",
             "-days", "2", "-keyout", path("ca.key"), "-out", path("ca.crt")});
  }

  // `names` as in a subjectAltName: "IP:127.0.0.1"; `days` from now, negative: it has expired.
  void issue(const std::string& name, const std::string& names, const std::string& days) const {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
             path(name + ".key"), "-out", path(name + ".csr")});
    std::ofstream(path(name + ".ext")) << "subjectAltName=" << names << "\n";
    openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-CAcreateserial",
             "-days", days, "-extfile", path(name + ".ext"), "-out", path(name + ".crt")});
  }

  [[nodiscard]] std::string path(const std::string& file) const { return (directory_ / file).string(); }
  // What a listener needs.
  [[nodiscard]] std::string lines_for(const std::string& name) const {
    return "cafile " + path("ca.crt") + "\ncertfile " + path(name + ".crt") + "\nkeyfile " + path(name + ".key") + "\n";
  }

 private:
  static void openssl(std::vector<std::string> argv) {
    argv.insert(argv.begin(), "openssl");
    EXPECT_EQ(run(argv), 0) << argv[1];
  }
  fs::path directory_;
};

class MqttTls : public MqttTest {
 protected:
  void SetUp() override {
    MqttTest::SetUp();
    if (!IsSkipped() && run({"sh", "-c", "command -v openssl"}) != 0) {
      GTEST_SKIP() << "openssl is not installed";
    }
    std::string pattern = (fs::temp_directory_path() / "voip-tls-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    authority_.emplace(directory_);
    authority_->issue("good", "IP:127.0.0.1", "2");
  }
  void TearDown() override {
    if (!directory_.empty()) {
      fs::remove_all(directory_);
    }
  }

  [[nodiscard]] Settings tls_settings_for(const Broker& broker, const std::string& scheme = "mqtts") const {
    Settings settings = settings_for(broker);
    settings.mqtt.uri = {broker.uri(scheme)};
    settings.mqtt.ca_file = authority_->path("ca.crt");
    return settings;
  }
  // What the log says while the node tries for a while.
  static std::string log_of(const Settings& settings, Duration time = 4s) {
    Node node(settings);
    EXPECT_TRUE(node.open().ok());
    std::string log = log_while_it_runs(node, time);
    expect_undisturbed(node);
    return log;
  }
  static void expect_one_line(const std::string& log, const std::string& part) {
    EXPECT_EQ(lines(log), 1) << log;
    EXPECT_NE(log.find(part), std::string::npos) << log;
  }
  // The broker itself tells that the node was there: through a plain listener beside the others.
  [[nodiscard]] bool reaches(const Settings& settings, const Broker& plain) const {
    Node node(settings);
    EXPECT_TRUE(node.open().ok());
    Observer observer(plain);
    const bool came = saw(node, observer, "status online") && saw(node, observer, "router/state {");
    node.close();
    return came && saw(node, observer, "status offline");
  }

  [[nodiscard]] const Authority& authority() const { return *authority_; }

 private:
  fs::path directory_;
  std::optional<Authority> authority_;
};

// One broker with a listener of some kind, and a plain one where tests look on.
struct TwoListeners {
  explicit TwoListeners(const std::string& lines) : port(looked_at.add_listener(lines)) { looked_at.start(); }
  [[nodiscard]] std::string uri(const std::string& scheme) const { return scheme + "://127.0.0.1:" + std::to_string(port); }

  Broker looked_at;
  std::uint16_t port;
};

TEST_F(MqttTls, ARightCertificateIsTrusted) {
  const TwoListeners broker(authority().lines_for("good"));
  Settings settings = tls_settings_for(broker.looked_at);
  settings.mqtt.uri = {broker.uri("mqtts")};
  EXPECT_TRUE(reaches(settings, broker.looked_at));
}

// The library sees one address, which was chosen for it, and the name, which the certificate is for.
TEST_F(MqttTls, TheNameCountsWhicheverOfItsAddressesIsTaken) {
  authority().issue("named", "DNS:broker.test", "2");
  NameServer names({{"broker.test", {NameServer::Answer::this_machine}}, {"other.test", {NameServer::Answer::this_machine}}});
  names.this_machine = {"127.0.0.9", "127.0.0.1"};  // nobody listens on the first
  for (const char* extra : {"", "protocol websockets\n"}) {
    const TwoListeners broker(extra + authority().lines_for("named"));
    Settings settings = tls_settings_for(broker.looked_at);
    const std::string scheme = *extra == '\0' ? "mqtts" : "wss";
    settings.mqtt.uri = {scheme + "://broker.test:" + std::to_string(broker.port)};
    EXPECT_TRUE(reaches(settings, broker.looked_at)) << scheme;
    settings.mqtt.uri = {scheme + "://other.test:" + std::to_string(broker.port)};
    expect_one_line(log_of(settings), "the broker's certificate is for another host name than the one in mqtt.uri");
  }
}

TEST_F(MqttTls, ACertificateForAnotherNameIsRefused) {
  authority().issue("other", "DNS:other.lan", "2");
  const TwoListeners broker(authority().lines_for("other"));
  Settings settings = tls_settings_for(broker.looked_at);
  settings.mqtt.uri = {broker.uri("mqtts")};
  expect_one_line(log_of(settings), "the broker's certificate is for another host name than the one in mqtt.uri");
  settings.mqtt.verify_hostname = false;
  EXPECT_TRUE(reaches(settings, broker.looked_at));
}

TEST_F(MqttTls, AnExpiredCertificateIsRefused) {
  authority().issue("old", "IP:127.0.0.1", "-1");
  Broker broker("allow_anonymous true\n" + authority().lines_for("old"));
  broker.start();
  expect_one_line(log_of(tls_settings_for(broker)), "the broker's certificate has expired, or the clock is wrong");
}

TEST_F(MqttTls, AStrangersCertificateIsRefused) {
  Broker broker("allow_anonymous true\n" + authority().lines_for("good"));
  broker.start();
  Settings settings = tls_settings_for(broker);
  settings.mqtt.ca_file.clear();  // whom the system trusts
  expect_one_line(log_of(settings), "the broker's certificate is not signed by anybody in mqtt.ca_file");
}

TEST_F(MqttTls, ABrokerThatWantsOurCertificateGetsIt) {
  authority().issue("router", "DNS:router", "2");
  const TwoListeners broker(authority().lines_for("good") + "require_certificate true\n");
  Settings settings = tls_settings_for(broker.looked_at);
  settings.mqtt.uri = {broker.uri("mqtts")};
  // The broker's word for it may get lost with the connection.
  const std::string log = log_of(settings);
  EXPECT_LE(lines(log), 2) << log;
  EXPECT_NE(log.find("mqtt.cert_file"), std::string::npos) << log;
  settings.mqtt.cert_file = authority().path("router.crt");
  settings.mqtt.key_file = authority().path("router.key");
  EXPECT_TRUE(reaches(settings, broker.looked_at));
}

TEST_F(MqttTls, AKeyThatIsNotTheCertificatesIsToldAsSuch) {
  authority().issue("router", "DNS:router", "2");
  Broker broker("allow_anonymous true\n" + authority().lines_for("good"));
  broker.start();
  Settings settings = tls_settings_for(broker);
  settings.mqtt.cert_file = authority().path("router.crt");
  settings.mqtt.key_file = authority().path("good.key");
  expect_one_line(log_of(settings), "mqtt.key_file has no key that can be used, or not the one of mqtt.cert_file");
  settings.mqtt.key_file = "/no/such/key";
  EXPECT_EQ(Node(settings).open().error(), "read mqtt.key_file /no/such/key: No such file or directory");
}

TEST_F(MqttTls, PlainAndTlsMixedUpIsToldAsSuch) {
  Broker plain;
  plain.start();
  const std::string log = log_of(tls_settings_for(plain, "mqtts"));
  EXPECT_EQ(lines(log), 1) << log;
  EXPECT_NE(log.find("TLS"), std::string::npos) << log;
}

TEST_F(MqttTls, WebSocketsCarryItToo) {
  const TwoListeners broker("protocol websockets\n");
  Settings settings = settings_for(broker.looked_at);
  settings.mqtt.uri = {broker.uri("ws")};
  EXPECT_TRUE(reaches(settings, broker.looked_at));
}

TEST_F(MqttTls, WebSocketsOverTlsCarryItToo) {
  const TwoListeners broker("protocol websockets\n" + authority().lines_for("good"));
  Settings settings = tls_settings_for(broker.looked_at);
  settings.mqtt.uri = {broker.uri("wss")};
  EXPECT_TRUE(reaches(settings, broker.looked_at));
}

// It is looked at behind the encryption.
TEST_F(MqttTls, AMessageThatIsTooLargeEndsTheConnectionBeforeItIsRead) {
  for (const char* extra : {"", "protocol websockets\n"}) {
    const TwoListeners broker(extra + authority().lines_for("good"));
    Settings settings = tls_settings_for(broker.looked_at);
    settings.mqtt.uri = {broker.uri(*extra == '\0' ? "mqtts" : "wss")};
    settings.mqtt.version = 3;
    testing::internal::CaptureStderr();
    Node node(settings);
    ASSERT_TRUE(node.open().ok());
    Observer observer(broker.looked_at, {"-T", "+/+/+/set"});
    ASSERT_TRUE(saw(node, observer, "mode auto"));
    const std::string file = authority().path("large");
    std::ofstream{file};
    fs::resize_file(file, 300'000);
    EXPECT_EQ(run(broker.looked_at.client("mosquitto_pub", {"-q", "1", "-t", "voip-qos/router/mode/set", "-f", file})), 0);
    EXPECT_TRUE(node.run_until([&] { return observer.count("status online") >= 2; }, 30s));
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find(" of 30003"), std::string::npos) << log;
  }
}

TEST_F(MqttTls, EachKindOfBrokerInTheListIsTriedInItsOwnWay) {
  authority().issue("other", "DNS:other.lan", "2");
  Broker wrong_name("allow_anonymous true\n" + authority().lines_for("other"));
  wrong_name.start();
  const TwoListeners right("protocol websockets\n");
  Settings settings = tls_settings_for(wrong_name);
  settings.mqtt.uri = {wrong_name.uri("mqtts"), "mqtt://no-such-host.invalid", right.uri("ws")};
  testing::internal::CaptureStderr();
  EXPECT_TRUE(reaches(settings, right.looked_at));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("another host name"), std::string::npos) << log;
  EXPECT_NE(log.find("no address for the name no-such-host.invalid"), std::string::npos) << log;
  EXPECT_NE(log.find("connected to ws://"), std::string::npos) << log;
}

}  // namespace
}  // namespace voip::test
