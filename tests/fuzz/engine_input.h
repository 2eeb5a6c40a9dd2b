// What the fuzzer's bytes say: settings, flows, rates, orders for the engine. All of it legal.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/events.h"
#include "core/settings.h"

namespace voip::fuzz {

inline const std::vector<IpAddress> clients{*IpAddress::parse("192.168.1.30"), *IpAddress::parse("192.168.1.31"),
                                            *IpAddress::parse("192.168.2.4"), *IpAddress::parse("2001:db8:1::30")};
inline const std::vector<IpAddress> servers{*IpAddress::parse("203.0.113.9"), *IpAddress::parse("203.0.113.10"),
                                            *IpAddress::parse("198.51.100.7"), *IpAddress::parse("2001:db8:2::9")};
inline const std::vector<std::uint16_t> ports{53, 443, 3478, 5060, 5061, 7078, 7079, 8801, 9000, 40000, 40001, 65535};

class EngineInput : public FuzzedDataProvider {
 public:
  using FuzzedDataProvider::FuzzedDataProvider;

  Settings pick_settings() {
    Settings settings;
    settings.detector.use = ConsumeBool() ? "calls" : "threshold";
    settings.monitor.max_watched_flows = PickValueInArray<std::uint32_t>({16, 17, 40});
    settings.monitor.interval = PickValueInArray<Duration>({1s, 250ms, 5s});
    settings.monitor.fast_interval = std::min<Duration>(settings.monitor.interval, 250ms);
    settings.policy.release_after = PickValueInArray<Duration>({10s, 0s, 60s});
    settings.policy.min_on = PickValueInArray<Duration>({10s, 0s});
    settings.policy.min_off = PickValueInArray<Duration>({5s, 0s});
    settings.policy.max_on = PickValueInArray<Duration>({4h, 1min});
    settings.policy.on_exit = ConsumeBool() ? OnExit::off : OnExit::leave;
    settings.policy.mode = PickValueInArray({Mode::automatic, Mode::on, Mode::off});
    settings.qos.mark_calls = ConsumeBool();
    if (ConsumeBool()) {
      settings.devices = {{.name = "phone", .address = IpPrefix(clients[0], 32), .mac = "", .hostname = "", .role = Role::phone},
                          {.name = "tv", .address = {}, .mac = "02:00:00:00:00:01", .hostname = "", .role = Role::never},
                          {.name = "laptop", .address = {}, .mac = "", .hostname = "laptop", .role = Role::any}};
    }
    return settings;
  }

  FlowKey pick_key() {
    const auto pick = [this](const auto& from) { return from[ConsumeIntegralInRange<std::size_t>(0, from.size() - 1)]; };
    return {{pick(clients), pick(ports)},
            {pick(servers), pick(ports)},
            ConsumeProbability<float>() < 0.9F ? protocol_udp : protocol_tcp};
  }

  Counters pick_rate() {
    switch (ConsumeIntegralInRange<int>(0, 4)) {
      case 0:
        return {50, 10'000};
      case 1:
        return {0, 0};
      case 2:
        return {std::uint64_t{ConsumeIntegral<std::uint8_t>()}, std::uint64_t{ConsumeIntegral<std::uint16_t>()}};
      case 3:
        return {1200, 1'500'000};
      default:
        return {ConsumeIntegral<std::uint64_t>(), ConsumeIntegral<std::uint64_t>()};
    }
  }

  std::optional<Qos> pick_qos() {
    return ConsumeBool() ? std::optional(PickValueInArray({Qos::off, Qos::draining, Qos::on})) : std::nullopt;
  }
  RequestId pick_request() { return {PickValueInArray({RequestId::Asker::nobody, RequestId::Asker::mqtt}), ++next_request_}; }

  SetMode pick_mode_order() {
    SetMode order{.mode = PickValueInArray({Mode::automatic, Mode::on, Mode::off}), .until_changed = ConsumeBool()};
    if (ConsumeBool()) {
      order.time_limit = Duration(ConsumeIntegralInRange<std::int64_t>(1, 86'400'000));
    }
    order.request = pick_request();
    order.answer_within = PickValueInArray<Duration>({0s, 3s});
    return order;
  }

  SetSetting pick_setting_order() {
    SetSetting order;
    if (ConsumeBool()) {
      order.release_after = Duration(ConsumeIntegral<std::int32_t>());
    }
    if (ConsumeBool()) {
      order.override_for = Duration(ConsumeIntegral<std::int32_t>());
    }
    order.sensitivity = PickValueInArray({Sensitivity::low, Sensitivity::normal, Sensitivity::high});
    order.request = pick_request();
    return order;
  }

 private:
  std::uint64_t next_request_ = 0;
};

}  // namespace voip::fuzz
