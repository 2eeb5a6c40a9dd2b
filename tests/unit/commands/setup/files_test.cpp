// Real files in a folder of their own.
#include "commands/setup/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace voip {
namespace {

namespace fs = std::filesystem;

class SetupFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = fs::temp_directory_path() / "voip-setup-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = fs::canonical(folder);
    path_ = folder_ / "voip-qosd.toml";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static unsigned mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }
  void write(const std::string& text, unsigned mode) {
    std::ofstream(path_) << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(SetupFiles, ANewOneHasNoOldOne) {
  const std::string below = folder_ / "not" / "there" / "file";
  const auto written = write_and_keep_old(below, "one", 0600);
  ASSERT_TRUE(written) << written.error();
  EXPECT_EQ(text_of(below), "one");
  EXPECT_EQ(mode_of(below), 0600U);
  EXPECT_FALSE(has_old(below));
}

TEST_F(SetupFiles, TheOldOneIsKeptOnceAndComesBack) {
  write("hand", 0640);
  ASSERT_EQ(*write_and_keep_old(path_, "made", 0644), Written::written);
  EXPECT_EQ(text_of(path_), "made");
  EXPECT_EQ(text_of(path_ + ".old"), "hand");
  EXPECT_EQ(mode_of(path_), 0640U);
  EXPECT_EQ(mode_of(path_ + ".old"), 0640U);
  ASSERT_EQ(*write_and_keep_old(path_, "made", 0644), Written::nothing_new);
  EXPECT_EQ(text_of(path_ + ".old"), "hand");
  ASSERT_TRUE(put_old_back(path_));
  EXPECT_EQ(text_of(path_), "hand");
  EXPECT_EQ(count(), 1U);
  EXPECT_FALSE(put_old_back(path_));
}

TEST_F(SetupFiles, ASecretIsNeverReadableForOthers) {
  write("old", 0644);
  ASSERT_TRUE(write_and_keep_old(path_, "secret", 0600));
  EXPECT_EQ(mode_of(path_), 0600U);
}

TEST_F(SetupFiles, WhatAnEarlierOneHasLeftIsNotInTheWay) {
  ASSERT_EQ(::symlink("/dev/null", (path_ + ".new").c_str()), 0);
  ASSERT_TRUE(write_and_keep_old(path_, "made", 0644));
  EXPECT_EQ(text_of(path_), "made");
  EXPECT_FALSE(fs::is_symlink(path_));
}

TEST_F(SetupFiles, ALinkStaysALink) {
  const std::string link = folder_ / "link";
  write("hand", 0644);
  ASSERT_EQ(::symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_EQ(real_path(link), path_);
  EXPECT_EQ(real_path(folder_ / "absent"), folder_ / "absent");
}

TEST_F(SetupFiles, WhatIsNoFileIsNotRead) {
  EXPECT_FALSE(read_text(folder_));
  const auto absent = read_text(path_);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  EXPECT_TRUE(check_writable(path_));
  EXPECT_TRUE(check_writable(folder_ / "not" / "there" / "file"));
}

}  // namespace
}  // namespace voip
