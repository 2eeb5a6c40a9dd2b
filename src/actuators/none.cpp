// Watches only: calls are seen and reported, nothing is switched.
#include "core/actuator.h"

namespace voip::actuators {

extern const Actuator none;
const Actuator none{
    .name = "none",
    .switches = false,
    .read =
        [](const Probe&, const QosSettings&, const Site&) {
          return QosObserved{Qos::off, ""};
        },
};

}  // namespace voip::actuators
