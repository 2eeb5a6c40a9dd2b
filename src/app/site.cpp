#include "app/site.h"

namespace voip {

Site site_of(const Settings& settings, const Network& network) {
  return {.wan = network.wan, .lan = settings.qos.tc.lan.empty() ? network.lan_devices : settings.qos.tc.lan, .phones = {}};
}

}  // namespace voip
