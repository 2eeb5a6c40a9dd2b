#include "ports/order_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace voip {
namespace {

constexpr const char* file_name = "orders";
constexpr const char* new_file_name = "orders.new";
constexpr std::size_t largest_file = 4096;

Error failure(const std::string& doing, int error) {
  return Error{doing + ": " + std::strerror(error) + " (node.state_dir)"};
}

// Somebody else's directory could tell us to switch QoS off for a year.
Result<UniqueFd> open_directory(const std::string& path) {
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat about {};
  if (!directory || fstat(directory.get(), &about) != 0) {
    return failure("open " + path, errno);
  }
  if ((about.st_uid != geteuid() && about.st_uid != 0) || (about.st_mode & S_IWOTH) != 0) {
    return Error{"use " + path + ": it belongs to somebody else, or everybody may write to it (node.state_dir)"};
  }
  return directory;
}

// An absent file, or directory, keeps nothing.
Result<std::string> read_file(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return std::string();
  }
  const Result<UniqueFd> directory = open_directory(path);
  if (!directory) {
    return Error{directory.error()};
  }
  const UniqueFd file(openat(directory->get(), file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    return errno == ENOENT ? Result<std::string>(std::string()) : failure("read " + path + "/" + file_name, errno);
  }
  std::string text(largest_file + 1, '\0');
  const ssize_t length = ::read(file.get(), text.data(), text.size());
  if (length < 0) {
    return failure("read " + path + "/" + file_name, errno);
  }
  if (static_cast<std::size_t>(length) > largest_file) {
    return Error{"read " + path + "/" + file_name + ": it is larger than 4 KiB, so it is not ours"};
  }
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// The old text or the new one, never a part. It does not wait for the disk, which on flash may take longer than a call may wait:
// after a loss of power the last order may be forgotten.
Status write_file(const std::string& path, std::string_view text) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return failure("make " + path, errno);
  }
  const Result<UniqueFd> directory = open_directory(path);
  if (!directory) {
    return Error{directory.error()};
  }
  UniqueFd file(
      openat(directory->get(), new_file_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file) {
    return failure("write " + path + "/" + new_file_name, errno);
  }
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    const int error = written < 0 ? errno : ENOSPC;
    unlinkat(directory->get(), new_file_name, 0);
    return failure("write " + path + "/" + new_file_name, error);
  }
  file.reset();
  if (renameat(directory->get(), new_file_name, directory->get(), file_name) != 0) {
    return failure("write " + path + "/" + file_name, errno);
  }
  return {};
}

class OrderFile : public Port {
 public:
  OrderFile(const Settings& settings, OrderFilePace pace) : settings_(settings), pace_(pace) {}
  ~OrderFile() override { forget_timer(); }

  Status open(Loop& loop) override {
    loop_ = &loop;
    if (const Result<std::string> text = read_file(settings_.node.state_dir)) {
      in_file_ = parse_kept_orders(*text).orders;
    }
    return {};
  }

  void perform(const Action& action) override {
    const auto* changed = std::get_if<ReportChanged>(&action);
    if (changed == nullptr) {
      return;
    }
    const Moment now{loop_->now(), loop_->wall(loop_->now())};
    const KeptOrders wanted = orders_to_keep(settings_, changed->report, now);
    if (is_kept(in_file_, wanted, now)) {
      wanted_.reset();
      return;
    }
    wanted_ = wanted;
    if (!timer_) {
      timer_ = loop_->call_at(std::max(now.instant + pace_.delay, rested_at_ - (pace_.bunch - 1) * pace_.pause), [this] {
        timer_.reset();
        write();
      });
    }
  }

  void close() override {
    forget_timer();
    write();
  }

 private:
  void forget_timer() {
    if (timer_) {
      loop_->cancel(*std::exchange(timer_, std::nullopt));
    }
  }

  void write() {
    if (!wanted_) {
      return;
    }
    rested_at_ = std::max(rested_at_, loop_->now()) + pace_.pause;
    const Status written = write_file(settings_.node.state_dir, to_text(*wanted_));
    if (!written && !has_failed_) {
      log_warning("orders are not kept over a restart: " + written.error());
    } else if (written && has_failed_) {
      log_info("orders are kept over a restart again");
    }
    has_failed_ = !written;
    if (written) {
      in_file_ = *std::exchange(wanted_, std::nullopt);
    }
  }

  Settings settings_;
  OrderFilePace pace_;
  Loop* loop_ = nullptr;
  KeptOrders in_file_;
  std::optional<KeptOrders> wanted_;  // other than what is in the file
  std::optional<Loop::TimerId> timer_;
  Instant rested_at_{};  // when a whole bunch may follow again
  bool has_failed_ = false;
};

}  // namespace

std::unique_ptr<Port> make_order_file(const Settings& settings, OrderFilePace pace) {
  return std::make_unique<OrderFile>(settings, pace);
}

OrdersInForce read_orders(const Settings& settings, const Loop& loop) {
  KeptOrdersRead read;
  if (Result<std::string> text = read_file(settings.node.state_dir)) {
    read = parse_kept_orders(*text);
    if (!read.problem.empty()) {
      read.problem = settings.node.state_dir + "/" + file_name + ": " + read.problem;
    }
  } else {
    read.problem = text.error();
  }
  if (!read.problem.empty()) {
    log_warning("orders of earlier runs may be forgotten: " + read.problem);
  }
  const Moment now{loop.now(), loop.wall(loop.now())};
  OrdersInForce in_force = restored_orders(read.orders, settings, now);
  Report report;
  report.lasting_mode = in_force.orders.lasting;
  report.settings = in_force.settings;
  report.mode = in_force.orders.override_mode.value_or(in_force.orders.lasting);
  report.override_until = in_force.orders.override_mode ? std::optional(in_force.orders.override_until) : std::nullopt;
  if (const std::string orders = summary(orders_to_keep(settings, report, now)); !orders.empty()) {
    log_info("orders of an earlier run go on: " + orders);
  }
  return in_force;
}

}  // namespace voip
