#include "system/route_dump.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace voip {
namespace {

std::vector<std::uint8_t> done_with(const std::vector<std::int32_t>& payload) {
  nlmsghdr header{};
  header.nlmsg_type = NLMSG_DONE;
  header.nlmsg_flags = NLM_F_MULTI;
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(payload.size() * sizeof(std::int32_t)));
  std::vector<std::uint8_t> bytes(header.nlmsg_len);
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!payload.empty()) {
    std::memcpy(bytes.data() + NLMSG_HDRLEN, payload.data(), payload.size() * sizeof(std::int32_t));
  }
  return bytes;
}

DumpPart walk(const std::vector<std::uint8_t>& datagram) {
  return walk_dump(Bytes(datagram), 24, [](Bytes) { ADD_FAILURE() << "there is no entry"; });
}

TEST(RouteDump, AListThatFailedOnItsWaySaysSoAtItsEnd) {
  EXPECT_TRUE(walk(done_with({-ENOENT})).is_last);
  EXPECT_EQ(walk(done_with({-ENOENT})).error, ENOENT);
  EXPECT_EQ(walk(done_with({0})).error, 0);
  EXPECT_EQ(walk(done_with({})).error, 0);
  EXPECT_EQ(walk(done_with({INT32_MIN})).error, EBADMSG);
}

}  // namespace
}  // namespace voip
