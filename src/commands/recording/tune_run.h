// One run of captures with one group of settings: which alarms belong to marked calls, and what the rest were about.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "commands/recording/tune.h"

namespace voip {

// Between one LAN address and one remote network: from when any of their flows was in a call to when none was.
struct Alarm {
  IpAddress client;
  FlowKey flow;  // the first
  std::string device;
  Duration start{};
  Duration end = Duration::max();
};

struct TuneEvidence {
  TuneOutcome outcome;
  std::set<IpAddress> callers;         // with an alarm in a marked call
  std::set<std::uint16_t> call_ports;  // of such alarms, either end
  std::vector<Alarm> false_alarms;
};

std::vector<Alarm> alarms(const TuneCapture& capture, const Settings& settings);
TuneEvidence try_settings(const std::vector<TuneCapture>& captures, const Settings& settings);

// How many marked calls a port had a part in: flows with at least 3 packets a second each way, averaged over the marked call.
std::map<std::uint16_t, std::size_t> ports_of_marked_calls(const std::vector<TuneCapture>& captures);

// "12-95.5 s"
std::string to_string(const MarkedCall& call);
std::string seconds_text(Duration duration);  // "95.5"

}  // namespace voip
