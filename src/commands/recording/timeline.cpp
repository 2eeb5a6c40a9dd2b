#include "commands/recording/timeline.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>

#include "base/system_error.h"
#include "system/json.h"

namespace voip {
namespace {

constexpr std::size_t max_text_bytes = std::size_t{256} << 20U;
constexpr std::size_t longest_line = std::size_t{1} << 20U;  // as values of JSON it takes ten times as much
constexpr double seconds_of_longest = std::chrono::duration<double>(longest_recording).count();
constexpr std::uint64_t max_count = std::uint64_t{1} << 40U;

Error failure(std::string_view name, std::size_t line, const std::string& what) {
  return {"read timeline " + std::string(name) + ", line " + std::to_string(line) + ": " + what};
}

// The numbers of an array; nothing if it is not an array of whole numbers from 0 to `limit`.
std::optional<std::vector<std::uint64_t>> numbers(const Json& object, const char* key, std::uint64_t limit) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) {
    return std::nullopt;
  }
  std::vector<std::uint64_t> values;
  values.reserve(found->size());
  for (const Json& element : *found) {
    const auto number = whole_number(element, limit);
    if (!number) {
      return std::nullopt;
    }
    values.push_back(*number);
  }
  return values;
}

bool is_destination_the_client(const Endpoint& source, const Endpoint& destination, const std::optional<IpAddress>& device) {
  if (source.address.is_private() != destination.address.is_private()) {
    return destination.address.is_private();
  }
  return destination.address == device && source.address != device;
}

std::string parse_flow(const Json& object, const std::optional<IpAddress>& device, Duration bucket_length, TimelineFlow& flow) {
  const auto tuple = object.find("o");
  const auto protocol = whole_number(object, "p", UINT8_MAX);
  if (tuple == object.end() || !tuple->is_array() || tuple->size() != 4) {
    return R"("o" must be [source, port, destination, port])";
  }
  if (!protocol) {
    return R"("p" must be an IP protocol number)";
  }
  const auto source = endpoint_of((*tuple)[0], (*tuple)[1]);
  const auto destination = endpoint_of((*tuple)[2], (*tuple)[3]);
  if (!source || !destination) {
    return R"("o" holds something that is no address or port)";
  }
  flow.is_opened_outside = is_destination_the_client(*source, *destination, device);
  flow.key = {flow.is_opened_outside ? *destination : *source, flow.is_opened_outside ? *source : *destination,
              static_cast<std::uint8_t>(*protocol)};

  const auto steps = numbers(object, "b", UINT32_MAX);
  const auto sent_packets = numbers(object, "op", max_count);
  const auto sent_bytes = numbers(object, "ob", max_count);
  const auto reply_packets = numbers(object, "rp", max_count);
  const auto reply_bytes = numbers(object, "rb", max_count);
  if (!steps || !sent_packets || !sent_bytes || !reply_packets || !reply_bytes) {
    return R"("b", "op", "ob", "rp" and "rb" must be arrays of whole numbers)";
  }
  if (sent_packets->size() != steps->size() || sent_bytes->size() != steps->size() || reply_packets->size() != steps->size() ||
      reply_bytes->size() != steps->size()) {
    return R"("b", "op", "ob", "rp" and "rb" differ in length)";
  }
  const auto max_bucket = static_cast<std::uint64_t>(longest_recording / bucket_length);
  std::uint64_t number = 0;
  for (std::size_t index = 0; index < steps->size(); ++index) {
    number += (*steps)[index];
    if ((index > 0 && (*steps)[index] == 0) || number > max_bucket) {
      return R"("b" does not rise, or goes beyond 31 days)";
    }
    const Counters sent{(*sent_packets)[index], (*sent_bytes)[index]};
    const Counters reply{(*reply_packets)[index], (*reply_bytes)[index]};
    flow.buckets.push_back(
        {static_cast<std::uint32_t>(number), flow.is_opened_outside ? reply : sent, flow.is_opened_outside ? sent : reply});
  }
  return "";
}

std::string parse_meta(const Json& object, Timeline& timeline, std::optional<IpAddress>& device) {
  if (object.value("fmt", Json()) != "ctflow1") {
    return R"(not a recording and not a timeline: the first line must begin with {"fmt":"voip-record1" or have "fmt":"ctflow1")";
  }
  const auto id = object.find("id");
  const auto seconds = object.find("dt");
  const auto length = object.find("dur");
  if (id == object.end() || !id->is_string()) {
    return R"("id" must be a text)";
  }
  timeline.id = id->get<std::string>();
  const double bucket_ms = seconds != object.end() && seconds->is_number() ? seconds->get<double>() * 1000 : 0;
  if (bucket_ms < 10 || bucket_ms > 60'000) {
    return R"("dt" must be a number of seconds from 0.01 to 60)";
  }
  timeline.bucket_length = Duration(std::llround(bucket_ms));
  if (length != object.end()) {
    const double stated = length->is_number() ? length->get<double>() : -1;
    if (!(stated >= 0 && stated <= seconds_of_longest)) {
      return R"("dur" must be a number of seconds, at most 31 days)";
    }
    timeline.length = Duration(std::llround(stated * 1000));
  }
  if (const auto name = object.find("device"); name != object.end() && name->is_string()) {
    device = IpAddress::parse(name->get_ref<const std::string&>());
  }
  return "";
}

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};

}  // namespace

Result<Timeline> parse_timeline(std::string_view text, std::string_view name) {
  Timeline timeline;
  std::optional<IpAddress> device;
  bool has_meta = false;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size(); ++line_number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (const auto comment = parse_comment(line)) {
      if (comment->is_wrong) {
        return failure(name, line_number + 1, "a marked call must be \"# call START END\", in seconds");
      }
      if (comment->call) {
        timeline.calls.push_back(*comment->call);
      }
      continue;
    }
    const Json object = parse_json(line);
    if (!object.is_object()) {
      return failure(name, line_number + 1, "not a JSON object");
    }
    TimelineFlow flow;
    const std::string problem =
        has_meta ? parse_flow(object, device, timeline.bucket_length, flow) : parse_meta(object, timeline, device);
    if (!problem.empty()) {
      return failure(name, line_number + 1, problem);
    }
    if (has_meta && !flow.buckets.empty()) {
      timeline.length = std::max(timeline.length, timeline.bucket_length * (std::int64_t{flow.buckets.back().number} + 1));
      timeline.flows.push_back(std::move(flow));
    }
    has_meta = true;
  }
  if (!has_meta) {
    return failure(name, 1, "empty");
  }
  return timeline;
}

Result<std::string> read_capture(const std::string& path) {
  const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return system_error("open " + path);
  }
  const std::unique_ptr<gzFile_s, CloseGzip> file(gzdopen(descriptor, "rb"));  // also reads text that is not compressed
  if (!file) {
    close(descriptor);
    return Error{"open " + path + ": out of memory"};
  }
  gzbuffer(file.get(), 128U << 10U);
  std::string text;
  std::array<char, 64U << 10U> piece{};
  std::size_t line_begin = 0;
  int length = 0;
  while ((length = gzread(file.get(), piece.data(), piece.size())) > 0) {
    const std::string_view more(piece.data(), static_cast<std::size_t>(length));
    if (const std::size_t end = more.rfind('\n'); end != std::string_view::npos) {
      line_begin = text.size() + end + 1;
    }
    text += more;
    if (text.size() - line_begin > longest_line) {
      return Error{"read " + path + ": a line is longer than 1 MiB, so it is no recording"};
    }
    if (text.size() > max_text_bytes) {
      return Error{"read " + path + ": more than 256 MiB of text; cut the recording"};
    }
  }
  int code = Z_OK;
  const char* message = gzerror(file.get(), &code);
  if (length < 0 || code == Z_BUF_ERROR) {  // Z_BUF_ERROR at the end: the compressed data stops in the middle
    return Error{"read " + path + ": " + (code == Z_ERRNO ? std::strerror(errno) : message)};
  }
  return text;
}

Result<Timeline> read_timeline(const std::string& path) {
  const Result<std::string> text = read_capture(path);
  if (!text) {
    return Error{text.error()};
  }
  return parse_timeline(*text, path);
}

}  // namespace voip
