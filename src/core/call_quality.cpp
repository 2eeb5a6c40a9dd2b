#include "core/call_quality.h"

namespace voip {

std::string_view to_string(Grade grade) {
  switch (grade) {
    case Grade::good:
      return "good";
    case Grade::fair:
      return "fair";
    case Grade::bad:
      return "bad";
    case Grade::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(QualityCause cause) {
  switch (cause) {
    case QualityCause::upload:
      return "upload";
    case QualityCause::download:
      return "download";
    case QualityCause::home:
      return "home";
    case QualityCause::far_end:
      break;
  }
  return "far_end";
}

namespace {

std::string with_one_digit(std::uint32_t tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

std::string in_words(const CallQuality& quality) {
  std::string details;
  const auto add = [&details](const std::string& detail) { details += (details.empty() ? "" : ", ") + detail; };
  if (quality.mos_hundredths) {
    add("MOS " + with_one_digit((*quality.mos_hundredths + 5) / 10));
  }
  if (quality.missing_permille) {
    add(with_one_digit(*quality.missing_permille) + " % of the packets missing");
  }
  if (quality.mos_hundredths && quality.delay && *quality.delay >= 1ms) {
    add(std::to_string(quality.delay->count()) + " ms in queues of the line");
  }
  if (quality.cause) {
    add("cause: " + std::string(*quality.cause == QualityCause::far_end ? "the other end" : to_string(*quality.cause)));
  }
  return std::string(to_string(quality.grade)) + (details.empty() || !quality.mos_hundredths ? "" : " (" + details + ")");
}

}  // namespace voip
