#include "commands/recording/format_line.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace voip {
namespace {

constexpr std::uint64_t longest_ms = 3'600'000;
constexpr std::int64_t least_ms = -100;  // of a queue, by a clock that is not quite true
constexpr std::size_t most_networks = 64;

Json ms_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

// Numbers of a list, one after the other; once something is wrong all that follow are.
class Numbers {
 public:
  explicit Numbers(const Json& list) : list_(list), is_right_(list.is_array()) {}

  std::uint64_t next(std::uint64_t most) {
    const Json* one = take();
    const auto number = one == nullptr ? std::nullopt : whole_number(*one, most);
    is_right_ = is_right_ && number.has_value();
    return number.value_or(0);
  }

  std::optional<Duration> next_ms() {
    const Json* one = take();
    if (one != nullptr && one->is_null()) {
      return std::nullopt;
    }
    if (one == nullptr || !one->is_number_integer() || one->get<std::int64_t>() < least_ms ||
        one->get<std::int64_t>() > static_cast<std::int64_t>(longest_ms)) {
      is_right_ = false;
      return std::nullopt;
    }
    return Duration(one->get<std::int64_t>());
  }

  std::optional<IpPrefix> next_network() {
    const Json* one = take();
    const auto network = one != nullptr && one->is_string() ? IpPrefix::parse(one->get_ref<const std::string&>()) : std::nullopt;
    is_right_ = is_right_ && network.has_value();
    return network;
  }

  [[nodiscard]] bool is_over() const { return is_right_ && place_ == list_.size(); }

 private:
  const Json* take() {
    is_right_ = is_right_ && place_ < list_.size();
    return is_right_ ? &list_[place_++] : nullptr;
  }

  const Json& list_;
  std::size_t place_ = 0;
  bool is_right_ = false;
};

bool read_tcp(const Json& object, TcpInterval& tcp) {
  const Json sent_list = object.value("sent", Json());
  Numbers sent(sent_list);
  tcp.sent = {sent.next(most_counted), sent.next(most_counted)};
  tcp.payload_sent = sent.next(most_counted);
  tcp.payload_delivered = sent.next(most_counted);
  tcp.home_queue = sent.next_ms();
  const Json networks = object.value("networks", Json());
  if (!sent.is_over() || !networks.is_array() || networks.size() > most_networks) {
    return false;
  }
  for (const Json& one : networks) {
    Numbers numbers(one);
    NetworkDelays& network = tcp.networks.emplace_back();
    network.remote = numbers.next_network().value_or(IpPrefix{});
    network.answers = static_cast<std::uint32_t>(numbers.next(UINT32_MAX));
    network.queues = numbers.next_ms();
    network.outgoing = numbers.next_ms();
    network.incoming = numbers.next_ms();
    if (!numbers.is_over()) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string recorded_sample(const LineSampled& sample, const AddressMask* mask) {
  Json object{
      {"passed",
       {sample.over.count(), sample.up.packets, sample.up.bytes, sample.down.packets, sample.down.bytes, sample.link_header}}};
  if (sample.tcp) {
    const TcpInterval& tcp = *sample.tcp;
    Json networks = Json::array();
    for (const NetworkDelays& one : tcp.networks) {
      const IpPrefix remote = mask == nullptr ? one.remote : (*mask)(one.remote);
      networks.push_back(
          {remote.to_string(), one.answers, ms_or_null(one.queues), ms_or_null(one.outgoing), ms_or_null(one.incoming)});
    }
    object["tcp"] = {
        {"sent", {tcp.sent.packets, tcp.sent.bytes, tcp.payload_sent, tcp.payload_delivered, ms_or_null(tcp.home_queue)}},
        {"networks", std::move(networks)}};
  }
  return text_of(object);
}

std::string read_recorded_sample(const Json& object, LineSampled& sample) {
  const Json given = object.is_object() ? object.value("passed", Json()) : Json();
  Numbers passed(given);
  sample.over = Duration(static_cast<std::int64_t>(passed.next(longest_ms)));
  sample.up = {passed.next(most_counted), passed.next(most_counted)};
  sample.down = {passed.next(most_counted), passed.next(most_counted)};
  sample.link_header = static_cast<std::uint32_t>(passed.next(UINT8_MAX));
  if (!passed.is_over() || sample.over == Duration::zero()) {
    return R"("sampled" must have "passed": [ms, packets up, bytes, packets down, bytes, bytes of the link's header])";
  }
  if (const auto tcp = object.find("tcp"); tcp != object.end() && (!tcp->is_object() || !read_tcp(*tcp, sample.tcp.emplace()))) {
    return R"("tcp" must have "sent": [packets, bytes, payload, delivered, ms] and "networks": [[network, answers, ms, ms, ms], ..])";
  }
  return "";
}

}  // namespace voip
