// The command doctor: looks at everything that must be true for calls to be seen and QoS to be switched, and changes nothing.
#pragma once

#include <optional>
#include <string>

namespace voip {

struct DoctorOptions {
  std::optional<std::string> config;
  bool as_json = false;
};

// Each result is printed as it is known. Returns the exit status: 0 nothing has failed, 1 something has, 2 the configuration is
// wrong.
int doctor_command(const DoctorOptions& options);

}  // namespace voip
