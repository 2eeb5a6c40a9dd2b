#include "ports/devices/devices.h"

#include <utility>

#include "ports/devices/book.h"
#include "ports/devices/files.h"
#include "ports/devices/hosts.h"
#include "ports/devices/neighbours.h"
#include "system/loop.h"

namespace voip {
namespace {

class Devices final : public Port {
 public:
  Devices(const Settings& settings, std::vector<std::string> files) : book_(settings.devices), files_(std::move(files)) {}

  Status open(Loop& loop) override {
    if (!book_.is_needed()) {
      return {};
    }
    loop_ = &loop;
    // The leases first: they tell which hardware addresses a host name has.
    auto followed = files_.open(
        loop, [this](const HostEntry& entry) { return book_.wants(entry); },
        [this](std::vector<HostEntry> hosts) {
          book_.set_hosts(std::move(hosts), events_);
          settle();
        });
    if (!followed) {
      return followed;
    }
    followed = neighbours_.open(
        loop, [this](const Neighbour& neighbour) { book_.see(neighbour, events_); }, [this] { settle(); });
    is_following_ = followed.ok();
    settle();
    return followed;
  }

  void perform(const Action& /*action*/) override {}

 private:
  void settle() {
    for (Event& event : events_) {
      loop_->post(std::move(event));
    }
    events_.clear();
    if (!is_following_) {
      return;
    }
    auto hardware = book_.hardware_addresses();
    auto addresses = book_.told_addresses();
    if (hardware == hardware_ && addresses == addresses_ && is_narrow_) {
      return;
    }
    neighbours_.narrow(hardware, addresses);
    if (is_narrow_ && hardware != hardware_) {
      neighbours_.list();  // what the filter held back until now
    }
    is_narrow_ = true;
    hardware_ = std::move(hardware);
    addresses_ = std::move(addresses);
  }

  Loop* loop_ = nullptr;
  DeviceBook book_;
  HostFiles files_;
  NeighbourTable neighbours_;
  std::vector<Event> events_;
  std::vector<HardwareAddress> hardware_;  // what the filter lets through
  std::vector<IpAddress> addresses_;
  bool is_following_ = false;
  bool is_narrow_ = false;
};

}  // namespace

std::unique_ptr<Port> make_devices(const Settings& settings) {
  return make_devices(settings, usual_host_files());
}

std::unique_ptr<Port> make_devices(const Settings& settings, std::vector<std::string> files) {
  return std::make_unique<Devices>(settings, std::move(files));
}

}  // namespace voip
