#include "base/secret_file.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

bool is_open(const std::string& path, mode_t mode, uid_t owner = 0) {
  struct stat status {};
  status.st_mode = S_IFREG | mode;
  status.st_uid = owner;
  return others_may_read(status, path);
}

TEST(SecretFile, IsForItsOwnerAlone) {
  EXPECT_FALSE(is_open("/etc/voip-qosd/password", 0600));
  EXPECT_TRUE(is_open("/etc/voip-qosd/password", 0640));
  EXPECT_TRUE(is_open("/etc/voip-qosd/password", 0604));
}

TEST(SecretFile, OfAContainerMayHaveTheModeThatDockerGives) {
  EXPECT_FALSE(is_open("/run/secrets/mqtt-password", 0444));
  EXPECT_TRUE(is_open("/run/secrets/mqtt-password", 0444, 1000));
  EXPECT_TRUE(is_open("/run/secrets/mqtt-password", 0664)) << "others may even write it";
  EXPECT_TRUE(is_open("/run/secretsmith/mqtt-password", 0444));
}

}  // namespace
}  // namespace voip
