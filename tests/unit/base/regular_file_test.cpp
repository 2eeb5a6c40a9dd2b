#include "base/regular_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

namespace voip {
namespace {

namespace fs = std::filesystem;

TEST(RegularFile, OfMoreThanTwoGigabytesIsOpenedOn32BitsToo) {
  std::string path = (fs::temp_directory_path() / "voip-large-XXXXXX").string();
  const UniqueFd made(mkstemp(path.data()));
  ASSERT_TRUE(made);
  constexpr std::uintmax_t length = 3'000'000'000;
  std::error_code cannot;
  fs::resize_file(path, length, cannot);  // a hole takes no room
  const auto file = open_regular_file(path, O_RDONLY);
  fs::remove(path);
  if (cannot) {
    GTEST_SKIP() << "no file of this length can be made here: " << cannot.message();
  }
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(static_cast<std::uintmax_t>(file->status.st_size), length);
}

}  // namespace
}  // namespace voip
