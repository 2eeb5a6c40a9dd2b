// Traffic that was counted before: what each flow of one capture carried, quarter second by quarter second, in the format ctflow1
// (JSON lines, plain or gzip). A timeline that was read is sound: its buckets rise, its numbers are in range.
//
// ctflow1: the first line is the meta object {"fmt":"ctflow1","id":..,"dt":0.25,"dur":seconds,"device":address,..}; then one line
// a flow: {"id","p":protocol,"o":[source,port,destination,port],"b":[..],"op":[..],"ob":[..],"rp":[..],"rb":[..]}, where b holds
// the numbers of the buckets with traffic, each as the distance to the one before, op/ob packets and bytes of the direction of
// the first packet in those buckets, rp/rb those of the replies. Bytes are IP lengths with the header, as conntrack counts them.
// Lines that begin with # are comments; "# call START END" marks a call (commands/recording/marked_call.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "commands/recording/marked_call.h"
#include "core/model.h"
#include "core/time.h"

namespace voip {

struct TimelineBucket {
  std::uint32_t number = 0;  // the bucket spans [number, number + 1) * Timeline::bucket_length
  Counters up;               // of the client
  Counters down;
};

struct TimelineFlow {
  FlowKey key;                     // the LAN device is the client
  bool is_opened_outside = false;  // the server sent the first packet
  std::vector<TimelineBucket> buckets;
};

struct Timeline {
  std::string id;
  Duration bucket_length = 250ms;
  Duration length{};  // to the end of the last bucket, or the stated length if that is more
  std::vector<TimelineFlow> flows;
  std::vector<MarkedCall> calls;
};

// Reads one timeline from text. `name` stands in messages. Either end may be the LAN device: a private address against a public
// one is the client; of two private ones the meta line's device, else the opener; of two public ones likewise.
Result<Timeline> parse_timeline(std::string_view text, std::string_view name);

// The text of a file, gzip or plain, or of standard input for "-"; at most 256 MiB of it.
Result<std::string> read_capture(const std::string& path);

// Both at once.
Result<Timeline> read_timeline(const std::string& path);

}  // namespace voip
