#include "commands/recording/timeline.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace voip {
namespace {

std::string meta(const std::string& device = "192.168.1.5") {
  return R"({"fmt":"ctflow1","id":"made-up","dt":0.25,"dur":1.1,"device":")" + device + R"(","flows":1,"pkts":5})" + "\n";
}

std::string flow(const std::string& source, const std::string& destination) {
  return R"({"id":0,"p":17,"o":[")" + source + R"(",5000,")" + destination +
         R"(",3478],"b":[2,1,4],"op":[1,2,3],"ob":[100,200,300],"rp":[4,5,6],"rb":[40,50,60]})" + "\n";
}

TEST(Timeline, BucketsAreDecodedFromTheirDistances) {
  const auto timeline = parse_timeline(meta() + flow("192.168.1.5", "203.0.113.9"), "test");
  ASSERT_TRUE(timeline) << timeline.error();
  EXPECT_EQ(timeline->id, "made-up");
  EXPECT_EQ(timeline->bucket_length, 250ms);
  EXPECT_EQ(timeline->length, 2s);  // the last bucket ends after the stated length
  ASSERT_EQ(timeline->flows.size(), 1U);
  const TimelineFlow& first = timeline->flows[0];
  EXPECT_FALSE(first.is_opened_outside);
  EXPECT_EQ(to_string(first.key), "udp 192.168.1.5:5000 - 203.0.113.9:3478");
  ASSERT_EQ(first.buckets.size(), 3U);
  EXPECT_EQ(first.buckets[0].number, 2U);
  EXPECT_EQ(first.buckets[1].number, 3U);
  EXPECT_EQ(first.buckets[2].number, 7U);
  EXPECT_EQ(first.buckets[2].up, (Counters{3, 300}));
  EXPECT_EQ(first.buckets[2].down, (Counters{6, 60}));
}

TEST(Timeline, TheLanDeviceIsTheClientWhicheverSideOpenedTheFlow) {
  const auto client_of = [](const std::string& device, const std::string& source, const std::string& destination) {
    const auto timeline = parse_timeline(meta(device) + flow(source, destination), "test");
    const TimelineFlow& only = timeline->flows.at(0);
    EXPECT_EQ(only.buckets[0].up.packets, only.is_opened_outside ? 4U : 1U);
    return only.key.client.address.to_string();
  };
  EXPECT_EQ(client_of("192.168.1.5", "203.0.113.9", "192.168.1.5"), "192.168.1.5");   // opened from outside
  EXPECT_EQ(client_of("203.0.113.9", "203.0.113.9", "192.168.1.5"), "192.168.1.5");   // private against public decides
  EXPECT_EQ(client_of("192.168.1.5", "192.168.1.9", "192.168.1.5"), "192.168.1.5");   // both private: the device
  EXPECT_EQ(client_of("192.168.1.77", "192.168.1.9", "192.168.1.5"), "192.168.1.9");  // neither is the device: the opener
  EXPECT_EQ(client_of("203.0.113.9", "198.51.100.7", "203.0.113.9"), "203.0.113.9");  // both public: the device
  EXPECT_EQ(client_of("", "198.51.100.7", "203.0.113.9"), "198.51.100.7");
}

TEST(Timeline, BrokenInputIsRefusedWithItsLine) {
  const auto error_of = [](const std::string& text) {
    const auto timeline = parse_timeline(text, "x.jsonl");
    return timeline ? std::string("accepted") : timeline.error();
  };
  EXPECT_EQ(error_of(""), "read timeline x.jsonl, line 1: empty");
  EXPECT_EQ(error_of("hello\n"), "read timeline x.jsonl, line 1: not a JSON object");
  EXPECT_NE(error_of(R"({"fmt":"pcap"})").find("not a recording and not a timeline"), std::string::npos);
  EXPECT_NE(error_of(R"({"fmt":"ctflow1","id":"a","dt":0})").find("\"dt\""), std::string::npos);
  const std::string good = flow("192.168.1.5", "203.0.113.9");
  const auto replaced = [&good](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return meta() + text;
  };
  for (const auto& [from, to] :
       {std::pair{"\"b\":[2,1,4]", "\"b\":[2,0,4]"}, std::pair{"\"b\":[2,1,4]", "\"b\":[2,1]"},
        std::pair{"\"b\":[2,1,4]", "\"b\":[2,-1,4]"}, std::pair{"\"b\":[2,1,4]", "\"b\":[2,1,999999999]"},
        std::pair{"\"b\":[2,1,4]", "\"b\":7"}, std::pair{"\"p\":17", "\"p\":1700"}, std::pair{"203.0.113.9", "203.0.113"},
        std::pair{"3478", "66000"}, std::pair{"3478", "1,2"}, std::pair{"[100,200,300]", "[100,200,1e30]"}}) {
    EXPECT_EQ(error_of(replaced(from, to)).substr(0, 28), "read timeline x.jsonl, line ") << to;
    EXPECT_EQ(error_of(replaced(from, to))[28], '2') << to;
  }
}

TEST(Timeline, IsBoundByTimeHoweverLongItsBucketsAre) {
  const auto error_of = [](const std::string& length, const std::string& buckets) {
    const auto timeline = parse_timeline(R"({"fmt":"ctflow1","id":"a","dt":60,"dur":)" + length + "}\n" +
                                             R"({"p":17,"o":["192.168.1.5",5000,"203.0.113.9",3478],"b":)" + buckets +
                                             R"(,"op":[1,1],"ob":[1,1],"rp":[1,1],"rb":[1,1]})",
                                         "x");
    return timeline ? std::string("accepted") : timeline.error();
  };
  EXPECT_EQ(error_of("10", "[0,44640]"), "accepted");
  EXPECT_EQ(error_of("10", "[0,44641]"), R"(read timeline x, line 2: "b" does not rise, or goes beyond 31 days)");
  EXPECT_EQ(error_of("2678401", "[0,1]"), R"(read timeline x, line 1: "dur" must be a number of seconds, at most 31 days)");
}

TEST(Timeline, AMissingFileIsNamed) {
  const auto timeline = read_timeline("/nonexistent/timeline.jsonl");
  ASSERT_FALSE(timeline);
  EXPECT_EQ(timeline.error(), "open /nonexistent/timeline.jsonl: No such file or directory");
}

TEST(Timeline, ALineThatIsTooLongIsNotEvenParsed) {
  const std::string file = testing::TempDir() + "voip_long_line.jsonl";
  std::ofstream(file) << meta() << std::string(1U << 20U, ' ') << '\n';
  EXPECT_TRUE(read_timeline(file)) << "the longest";
  std::ofstream(file) << meta() << std::string((1U << 20U) + (128U << 10U), ' ') << '\n';
  EXPECT_NE(read_timeline(file).error().find("a line is longer than 1 MiB"), std::string::npos);
  std::remove(file.c_str());
}

}  // namespace
}  // namespace voip
