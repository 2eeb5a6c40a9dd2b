#include "ports/orders/orders.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "system/state_file.h"
#include "system/state_writer.h"

namespace voip {
namespace {

constexpr const char* file_name = "orders";

class OrderFile : public Port {
 public:
  OrderFile(const Settings& settings, OrderFilePace pace) : settings_(settings), pace_(pace) {}
  ~OrderFile() override { forget_timer(); }

  Status open(Loop& loop) override {
    loop_ = &loop;
    writer_.open(loop);
    if (const auto text = read_state_file(settings_.node.state_dir, file_name)) {
      in_file_ = parse_kept_orders(text->value_or("")).orders;
      restored_ = in_file_.override_order;
    }
    clock_listener_ = loop.on_clock_set([this] { clock_was_set(); });
    return {};
  }

  void perform(const Action& action) override {
    const auto* changed = std::get_if<ReportChanged>(&action);
    if (changed == nullptr) {
      return;
    }
    if (report_ && report_->override_until != changed->report.override_until) {
      restored_.reset();
    }
    report_ = changed->report;
    keep();
  }

  void close() override {
    clock_listener_.reset();
    is_closing_ = true;
    writer_.finish();
    forget_timer();
    write();
    writer_.finish();
  }

 private:
  void keep() {
    const Moment now{loop_->now(), loop_->wall(loop_->now())};
    const KeptOrders wanted = orders_to_keep(settings_, *report_, now);
    if (is_kept(writer_.is_writing() ? being_written_ : in_file_, wanted, now)) {
      wanted_.reset();
      return;
    }
    wanted_ = wanted;
    write_later();
  }

  // The moments in the file are of a clock that was wrong, or the file's were right and the clock was wrong when they were read.
  void clock_was_set() {
    if (!report_) {
      return;
    }
    const Moment now{loop_->now(), loop_->wall(loop_->now())};
    if (const auto corrected = restored_ ? corrected_override(*restored_, *report_, now) : std::nullopt) {
      loop_->post(*corrected);
    } else {
      keep();
    }
  }

  void write_later() {
    if (!timer_ && !writer_.is_writing()) {
      timer_ = loop_->call_at(std::max(loop_->now() + pace_.delay, rested_at_ - (pace_.bunch - 1) * pace_.pause), [this] {
        timer_.reset();
        write();
      });
    }
  }

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
    being_written_ = *std::exchange(wanted_, std::nullopt);
    writer_.start([directory = settings_.node.state_dir, text = to_text(being_written_)] {
      return write_state_file(directory, file_name, text);
    });
  }

  void has_ended(bool is_written) {
    if (is_written) {
      in_file_ = being_written_;
    } else {
      wanted_ = wanted_ ? wanted_ : being_written_;
      rested_at_ = loop_->now() + pace_.retry + (pace_.bunch - 1) * pace_.pause;
    }
    if (wanted_ && !is_closing_) {
      write_later();
    }
  }

  Settings settings_;
  OrderFilePace pace_;
  Loop* loop_ = nullptr;
  Loop::ClockListener clock_listener_;
  std::optional<Report> report_;
  std::optional<KeptOverride> restored_;  // what the file said at the start, as long as it is in force
  KeptOrders in_file_;
  std::optional<KeptOrders> wanted_;  // other than what is in the file
  KeptOrders being_written_;
  std::optional<Loop::TimerId> timer_;
  bool is_closing_ = false;
  Instant rested_at_{};  // when a whole bunch may follow again
  StateWriter writer_{{"orders are not kept over a restart", "orders are kept over a restart again"},
                      [this](bool is_written) { has_ended(is_written); }};
};

}  // namespace

std::unique_ptr<Port> make_order_file(const Settings& settings, OrderFilePace pace) {
  return std::make_unique<OrderFile>(settings, pace);
}

OrdersInForce read_orders(const Settings& settings, const Loop& loop) {
  KeptOrdersRead read;
  if (const auto text = read_state_file(settings.node.state_dir, file_name); !text) {
    read.problem = text.error();
  } else if (*text) {
    read = parse_kept_orders(**text);
    if (read.problem.empty()) {
      read.problem = why_not_whole(**text);
    }
    if (!read.problem.empty()) {
      read.problem = settings.node.state_dir + "/" + file_name + ": " + read.problem;
    }
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
