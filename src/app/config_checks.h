// What no single value can tell: settings that contradict each other, and files that must be there.
#pragma once

#include "app/config_value.h"

namespace voip {

void check_contradictions(ConfigReading& reading);
// Password, certificates and scripts that the settings name: readable, and the password for nobody else.
void check_named_files(ConfigReading& reading);

}  // namespace voip
