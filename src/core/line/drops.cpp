#include "core/line/drops.h"

namespace voip {
namespace {

constexpr Duration span = 5s;
constexpr Duration soon = 2s;                 // after the last sample of it
constexpr std::uint64_t least_sent = 64'000;  // bytes: of fewer packets a single one is too much

}  // namespace

void Drops::sampled(std::uint64_t sent, std::uint64_t delivered, Instant now) {
  if (now - now_.began >= span) {
    before_ = now - now_.began < 2 * span ? now_ : Span{};
    now_ = {.began = now};
  }
  now_.sent += sent;
  now_.delivered += delivered;
  last_ = now;
}

std::uint32_t Drops::permille(Instant now) const {
  const std::uint64_t sent = before_.sent + now_.sent;
  const std::uint64_t delivered = before_.delivered + now_.delivered;
  if (sent < least_sent || now - last_ > soon || delivered >= sent) {
    return 0;
  }
  return static_cast<std::uint32_t>((sent - delivered) * 1000 / sent);
}

}  // namespace voip
