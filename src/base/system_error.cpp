#include "base/system_error.h"

#include <cerrno>
#include <system_error>

namespace voip {

Error system_error(const std::string& doing) {
  return system_error(doing, errno);
}

Error system_error(const std::string& doing, int number) {
  return Error{doing + ": " + std::generic_category().message(number)};
}

}  // namespace voip
