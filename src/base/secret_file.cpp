#include "base/secret_file.h"

#include <cstdlib>

namespace voip {
namespace {

bool is_of_the_container(const struct stat& status, const std::string& path) {
  return path.starts_with("/run/secrets/") && status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

std::string credentials_directory() {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): nobody writes it
  return directory != nullptr && *directory == '/' ? directory : "/run/credentials/voip-qosd.service";
}

bool others_may_read(const struct stat& status, const std::string& path) {
  return (status.st_mode & 077U) != 0 && !path.starts_with(credentials_directory() + "/") && !is_of_the_container(status, path);
}

}  // namespace voip
