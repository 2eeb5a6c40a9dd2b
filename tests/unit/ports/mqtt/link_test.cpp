// The way to a broker, without one: where it is, when it is tried, and why it could not be reached.
#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "ports/mqtt/address.h"
#include "ports/mqtt/diagnosis.h"
#include "ports/mqtt/link.h"

namespace voip {
namespace {

TEST(MqttAddress, IsTakenFromEveryKindOfUri) {
  struct Row {
    const char* uri;
    const char* host;
    int port;
    bool has_tls;
  };
  for (const Row& row :
       {Row{"mqtt://192.168.1.2:1884", "192.168.1.2", 1884, false}, Row{"mqtt://broker", "broker", 1883, false},
        Row{"mqtts://broker.lan", "broker.lan", 8883, true}, Row{"ssl://[fd00::1]:8884", "fd00::1", 8884, true},
        Row{"tcp://[::1]", "::1", 1883, false}, Row{"ws://broker/mqtt", "broker", 80, false},
        Row{"wss://broker:9443/mqtt/x", "broker", 9443, true}, Row{"broker:1885", "broker", 1885, false},
        Row{"", "", 1883, false}, Row{"mqtt://[::1", "::1", 1883, false}, Row{"mqtt://broker:", "broker", 1883, false}}) {
    const MqttAddress address = parse_mqtt_uri(row.uri);
    EXPECT_EQ(address.host, row.host) << row.uri;
    EXPECT_EQ(address.port, row.port) << row.uri;
    EXPECT_EQ(address.has_tls, row.has_tls) << row.uri;
  }
}

TEST(MqttAttempts, TryAllBrokersInOrderBeforeTheyPause) {
  MqttAttempts attempts(3, 30s);
  EXPECT_EQ(attempts.after_failure(0).broker, 1U);
  const auto third = attempts.after_failure(0);
  EXPECT_EQ(third.broker, 2U);
  EXPECT_EQ(third.after, Duration::zero());
  const auto again = attempts.after_failure(0);
  EXPECT_EQ(again.broker, 0U);
  EXPECT_EQ(again.after, MqttAttempts::shortest_pause);
}

TEST(MqttAttempts, PauseLongerAndLongerButNeverLongerThanConfigured) {
  MqttAttempts attempts(1, 10s);
  for (const Duration pause : {Duration(1s), Duration(2s), Duration(4s), Duration(8s), Duration(10s), Duration(10s)}) {
    EXPECT_EQ(attempts.after_failure(0).after, pause);
  }
}

TEST(MqttAttempts, SpreadOverTheSecondHalfOfThePause) {
  for (std::uint32_t chance = 0; chance < 5'000; chance += 7) {
    MqttAttempts attempts(1, 1s);
    const Duration after = attempts.after_failure(chance).after;
    EXPECT_GE(after, 500ms);
    EXPECT_LE(after, 1s);
  }
  MqttAttempts early(1, 1s);
  EXPECT_EQ(early.after_failure(500).after, 500ms);
}

TEST(MqttAttempts, BeginAnewOnlyAfterAConnectionThatHeld) {
  MqttAttempts attempts(2, 30s);
  EXPECT_EQ(attempts.after_loss(1s, 0).after, 1s);
  EXPECT_EQ(attempts.after_loss(1s, 0).after, 2s);  // thrown out again and again: slower each time
  EXPECT_EQ(attempts.after_loss(1s, 0).after, 4s);
  const auto after_long = attempts.after_loss(1h, 0);
  EXPECT_EQ(after_long.after, 1s);
  EXPECT_EQ(after_long.broker, 0U);
}

TEST(MqttDiagnosis, TellsWhatTheTraceSaysOfNamesAndTls) {
  for (const auto& [line, part] : std::array<std::pair<const char*, const char*>, 10>{{
           {"SSL alert write:fatal:certificate expired", "has expired"},
           {"SSL alert write:fatal:unknown CA", "not signed by anybody in mqtt.ca_file"},
           {"SSL alert write:fatal:protocol version", "no longer safe"},
           {"SSL alert write:fatal:decode error", "TLS with the broker failed: decode error"},
           {"SSL alert read:fatal:certificate required", "(certificate required): look at mqtt.cert_file"},
           {"SSL alert read:fatal:unknown", "(unknown): look at mqtt.cert_file"},
           {"SSL alert read:fatal:internal error", "(internal error)"},
           {"X509_check_host for hostname 127.0.0.1 failed, rc 0", "another host name"},
           {"SSLSocket error (1) in SSL_CTX_use_PrivateKey_file for socket 5", "mqtt.key_file"},
           {"SSLSocket error (1) in SSL_CTX_load_verify_locations for socket 5", "mqtt.ca_file"},
       }}) {
    const auto words = words_for_trace(line);
    ASSERT_TRUE(words.has_value()) << line;
    EXPECT_NE(words->find(part), std::string::npos) << *words;
  }
  EXPECT_EQ(words_for_trace("rc from X509_check_ip_asc is 1"), "");  // an address may stand in the certificate instead
  EXPECT_EQ(words_for_trace("SSL alert write:warning:close notify"), std::nullopt);
  EXPECT_EQ(words_for_trace("Removed socket 5"), std::nullopt);
}

}  // namespace
}  // namespace voip
