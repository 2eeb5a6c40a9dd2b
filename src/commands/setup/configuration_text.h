// The file that setup writes: what was answered, what the file before it said besides, and why each line stands there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "config/config.h"
#include "core/settings.h"

namespace voip {

struct BrokerAnswer {
  std::string uri;  // empty: no MQTT
  std::string username{};
  std::string password{};  // goes into a file of its own
};

// Of the line, for tc.
struct TcRates {
  std::optional<std::uint32_t> upload_kbit{};  // nothing: it is learnt, or not known; 0: this direction is not shaped
  std::optional<std::uint32_t> download_kbit{};
  friend bool operator==(const TcRates&, const TcRates&) = default;
};

// What the owner wants. What is left open stays as it was.
struct Answers {
  std::string wan = "auto";
  std::vector<IpPrefix> lan{};  // empty: "auto"
  std::vector<DeviceSettings> new_devices{};
  std::optional<BrokerAnswer> broker{};
  std::string actuator = "none";
  std::string why_none{};  // why it is no other, in a sentence
  std::optional<TcRates> rates{};
  LineRates cake_rates{};  // without a call, for cake-rate; not known: those in the file stay
};

struct WrittenFile {
  std::string program_version;
  std::string password_file;  // where the password will be
  std::string state_dir{};    // empty: the default, or what the file before it said
};

// Those of a file that say something else than the default does: the sample has every key.
std::vector<GivenSetting> without_defaults(const std::vector<GivenSetting>& given);

std::string configuration_text(const Answers& answers, const std::vector<GivenSetting>& before, const WrittenFile& file);

}  // namespace voip
