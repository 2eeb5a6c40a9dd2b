// Judges where the daemon stands: the LAN that it watches, the devices that it is to know, the WAN. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/doctor_check.h"
#include "core/settings.h"
#include "ports/interfaces.h"

namespace voip {

struct NetworkFacts {
  std::string error;  // why the kernel did not tell; then nothing else is known
  std::vector<Interface> interfaces;
  DefaultRoutes routes;
  Network network;
  std::vector<std::vector<IpAddress>> found;  // of each configured device that is given by mac or hostname: where it is now
};
Checks judge_lan(const NetworkFacts& facts, const Settings& settings);
Checks judge_devices(const NetworkFacts& facts, const Settings& settings);
Checks judge_wan(const NetworkFacts& facts, const QosSettings& qos);

}  // namespace voip
