#include "commands/recording/address_mask.h"

#include <algorithm>
#include <bit>
#include <span>

namespace voip {
namespace {

class SipHash {
 public:
  explicit SipHash(const AddressMask::Salt& key)
      : v_{key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU, key[0] ^ 0x6c7967656e657261U,
           key[1] ^ 0x7465646279746573U} {}

  std::uint64_t operator()(std::span<const std::uint8_t> bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      word |= std::uint64_t{bytes[i]} << (8 * (i % 8));
      if (i % 8 == 7) {
        take(word);
        word = 0;
      }
    }
    take(word | std::uint64_t{bytes.size()} << 56U);
    v_[2] ^= 0xffU;
    for (int round = 0; round < 4; ++round) {
      mix();
    }
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void take(std::uint64_t word) {
    v_[3] ^= word;
    mix();
    mix();
    v_[0] ^= word;
  }

  void mix() {
    v_[0] += v_[1];
    v_[1] = std::rotl(v_[1], 13) ^ v_[0];
    v_[0] = std::rotl(v_[0], 32);
    v_[2] += v_[3];
    v_[3] = std::rotl(v_[3], 16) ^ v_[2];
    v_[0] += v_[3];
    v_[3] = std::rotl(v_[3], 21) ^ v_[0];
    v_[2] += v_[1];
    v_[1] = std::rotl(v_[1], 17) ^ v_[2];
    v_[2] = std::rotl(v_[2], 32);
  }

  std::array<std::uint64_t, 4> v_;
};

}  // namespace

IpAddress AddressMask::operator()(const IpAddress& address) const {
  const unsigned kept = address.is_v6() ? 48U : 24U;
  std::array<std::uint8_t, 16> bytes{};
  std::copy(address.bytes().begin(), address.bytes().end(), bytes.begin());
  const std::span<std::uint8_t> masked(bytes.data(), address.bytes().size());
  for (unsigned bit = kept; bit < masked.size() * 8; ++bit) {
    std::array<std::uint8_t, 17> before{static_cast<std::uint8_t>(bit)};  // the length, then the bits
    const IpAddress prefix = address.masked(bit);
    std::copy(prefix.bytes().begin(), prefix.bytes().end(), before.begin() + 1);
    const auto flips = static_cast<unsigned>(SipHash(salt_)(std::span(before).first(masked.size() + 1)) & 1U);
    masked[bit / 8] = static_cast<std::uint8_t>(masked[bit / 8] ^ (flips << (7U - bit % 8U)));
  }
  return IpAddress::from_bytes(masked);
}

IpPrefix AddressMask::operator()(const IpPrefix& network) const {
  return {(*this)(network.address()).masked(network.length()), network.length()};
}

}  // namespace voip
