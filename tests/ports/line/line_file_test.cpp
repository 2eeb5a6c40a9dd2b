// The file in which the rates of the line are kept, where it cannot be written at first.
#include "ports/line/line_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "own_directory.h"
#include "ports/line/line.h"
#include "ports/loop_until.h"

namespace voip {
namespace {

namespace fs = std::filesystem;

class LineFileTest : public testing::Test {
 protected:
  LineFileTest() {
    settings_.node.state_dir = folder_ + "/state";
    known_.device = "wan";
    known_.line.up.kbit = 1000;
    known_.line.up.learnt = loop_->now();
  }
  void wait(Duration length) {
    test::loop_until(*loop_, length, [](const Event&) { return false; });
  }

  test::OwnDirectory own_;
  std::string folder_ = own_.path();
  Settings settings_;
  std::unique_ptr<Loop> loop_ = test::open_loop();
  KeptLine known_;
};

TEST_F(LineFileTest, IsReadBack) {
  LineFile file(settings_.node.state_dir);
  EXPECT_EQ(file.open(*loop_), "");
  file.keep(known_);
  file.close();
  EXPECT_EQ(read_line(settings_, *loop_).up.kbit, 1000U);
}

TEST_F(LineFileTest, IsWrittenAtTheEndWhereItCouldNotBeBefore) {
  std::ofstream(settings_.node.state_dir) << "a file is in its place";
  testing::internal::CaptureStderr();
  LineFile file(settings_.node.state_dir);
  file.open(*loop_);
  file.keep(known_);
  wait(100ms);
  fs::remove(settings_.node.state_dir);
  file.close();
  EXPECT_EQ(read_line(settings_, *loop_).up.kbit, 1000U);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("what is known of the line is not kept over a restart"),
            std::string::npos);
}

}  // namespace
}  // namespace voip
