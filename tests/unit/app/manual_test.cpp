#include "app/manual.h"

#include <gtest/gtest.h>

#include "unit/app/sample_program.h"

namespace voip {
namespace {

std::string page() {
  return manual_page(test::sample_program(), "2026-11-28");
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

TEST(Manual, TitleHasSectionDateAndVersion) {
  expect_in(page(), ".TH ONE\\-QOSD 8 2026-11-28 \"one\\-qosd\\ 1.2\"\n");
  expect_in(page(), ".SH NAME\none\\-qosd \\- does one thing\n");
}

TEST(Manual, SynopsisShowsWhatIsOptionalAndWhatMayBeRepeated) {
  expect_in(page(), ".SY \"one\\-qosd\\ switch\"\n\\fBon\\fR|\\fBoff\\fR\n[\\fB\\-\\-config\\fR\\ \\fIFILE\\fR]\n.YS\n");
  expect_in(page(), ".SY \"one\\-qosd\\ replay\"\n[\\fB\\-\\-call\\fR\\ \\fISTART\\-END\\fR]...\\&\n\\fIFILE\\fR...\\&\n.YS\n");
  expect_in(page(), "[\\fICOMMAND\\fR]\n");
  expect_in(page(), ".SY one\\-qosd\n\\fB\\-\\-help\\fR\n|\n\\fB\\-\\-version\\fR\n.YS\n");
}

TEST(Manual, EachCommandIsExplainedWithItsOptions) {
  expect_in(page(),
            ".SS switch\nSwitch it.\n.TP\n\\fBon\\fR|\\fBoff\\fR\nWhich of them.\n.TP\n\\fB\\-\\-config\\fR \\fIFILE\\fR\n");
  expect_in(page(), "The user's file (/etc/x-y.toml).\n");
  EXPECT_EQ(page().find("Print this help", page().find("Print this help") + 1), std::string::npos) << "help is told once";
}

TEST(Manual, AMinusThatIsTypedIsNoHyphen) {
  expect_in(page(), "Like 12-95.5 [s]; \\- is none.\n");
}

TEST(Manual, TextIsNeverTakenForAMacro) {
  ProgramDescription program = test::sample_program();
  program.commands[0].text = ".so /etc/passwd \\fB'";
  expect_in(manual_page(program, "2026-11-28"), "\n\\&.so /etc/passwd \\efB'.\n");
  program.commands[0].text = std::string(75, 'x') + " 'quoted in the next line'";
  expect_in(manual_page(program, "2026-11-28"), "x\n\\&'quoted in the next line'.\n");
}

TEST(Manual, NoLineIsLongerThanMandocLikes) {
  ProgramDescription program = test::sample_program();
  for (int i = 0; i < 100; ++i) {
    program.commands[0].text += " word";
  }
  const std::string text = manual_page(program, "2026-11-28");
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(end - begin, 80U) << text.substr(begin, end - begin);
  }
}

}  // namespace
}  // namespace voip
