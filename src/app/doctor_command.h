// The command doctor: looks at everything that must be true for calls to be seen and QoS to be switched, and changes nothing.
#pragma once

#include "app/options.h"

namespace voip {

// Each result is printed as it is known. Returns the exit status: 0 nothing has failed, 1 something has, 2 the configuration is
// wrong.
int doctor_command(const DoctorOptions& options);

}  // namespace voip
