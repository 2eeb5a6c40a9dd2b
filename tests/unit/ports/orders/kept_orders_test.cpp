#include "ports/orders/kept_orders.h"

#include <gtest/gtest.h>

namespace voip {
namespace {

Moment moment(Duration since) {
  return {Instant(1000s + since), std::chrono::system_clock::time_point(std::chrono::seconds(1'755'000'000) + since)};
}

// The same calendar, on a machine that has just started.
Moment after_restart(Duration since) {
  return {Instant(10s), moment(since).wall};
}

Report ordered() {
  Report report;
  report.lasting_mode = Mode::off;
  report.settings = {.release_after = 30s, .override_for = 1h, .sensitivity = Sensitivity::high};
  return report;
}

Report overridden(Duration length) {
  Report report;
  report.mode = Mode::on;
  report.override_until = moment(length).instant;
  return report;
}

// Through the file and back.
KeptOrders again(const KeptOrders& kept) {
  const KeptOrdersRead read = parse_kept_orders(to_text(kept));
  EXPECT_EQ(read.problem, "");
  return read.orders;
}

TEST(KeptOrders, WhatIsAsConfiguredIsNotKept) {
  const KeptOrders kept = orders_to_keep(Settings{}, Report{}, moment(0s));
  EXPECT_TRUE(is_kept({}, kept, moment(0s)));
  EXPECT_EQ(to_text(kept), to_text({}));
}

TEST(KeptOrders, SettingsAndModeAreInForceAgain) {
  const KeptOrders kept = orders_to_keep(Settings{}, ordered(), moment(0s));
  EXPECT_FALSE(is_kept({}, kept, moment(0s)));
  EXPECT_TRUE(is_kept(again(kept), kept, moment(0s)));
  const OrdersInForce in_force = restored_orders(again(kept), Settings{}, after_restart(1h));
  EXPECT_EQ(in_force.settings, ordered().settings);
  EXPECT_EQ(in_force.orders.lasting, Mode::off);
  EXPECT_FALSE(in_force.orders.override_mode);
}

TEST(KeptOrders, WhatWasChangedInTheFileLaterWins) {
  const KeptOrders kept = again(orders_to_keep(Settings{}, ordered(), moment(0s)));
  Settings changed;
  changed.policy.release_after = 20s;
  changed.policy.mode = Mode::on;
  const OrdersInForce in_force = restored_orders(kept, changed, after_restart(1h));
  EXPECT_EQ(in_force.settings, (LiveSettings{.release_after = 20s, .override_for = 1h, .sensitivity = Sensitivity::high}));
  EXPECT_EQ(in_force.orders.lasting, Mode::on);
  Report report;
  report.lasting_mode = in_force.orders.lasting;
  report.settings = in_force.settings;
  const KeptOrders next = orders_to_keep(changed, report, moment(0s));
  EXPECT_FALSE(is_kept(kept, next, moment(0s))) << "the old order is dropped for good";
  EXPECT_FALSE(next.release_after || next.mode);
  EXPECT_TRUE(next.override_for && next.sensitivity);
}

TEST(KeptOrders, AnOverrideGoesOnToItsEndOnTheCalendar) {
  const KeptOrders kept = again(orders_to_keep(Settings{}, overridden(30min), moment(0s)));
  const Moment later = after_restart(10min);
  const OrdersInForce in_force = restored_orders(kept, Settings{}, later);
  EXPECT_EQ(in_force.orders.override_mode, Mode::on);
  EXPECT_EQ(in_force.orders.override_until, later.instant + 20min);
  EXPECT_EQ(in_force.orders.lasting, Mode::automatic);
}

TEST(KeptOrders, AnOverrideThatIsOverIsNone) {
  const KeptOrders kept = again(orders_to_keep(Settings{}, overridden(30min), moment(0s)));
  EXPECT_FALSE(restored_orders(kept, Settings{}, after_restart(30min)).orders.override_mode);
  EXPECT_FALSE(restored_orders(kept, Settings{}, after_restart(48h)).orders.override_mode);
}

TEST(KeptOrders, AClockThatIsBehindMakesNoOverrideLonger) {
  const KeptOrders kept = again(orders_to_keep(Settings{}, overridden(30min), moment(0s)));
  const Moment in_1970{Instant(10s), std::chrono::system_clock::time_point(std::chrono::seconds(40))};
  EXPECT_EQ(restored_orders(kept, Settings{}, in_1970).orders.override_until, in_1970.instant + 30min);
}

TEST(KeptOrders, TheFileIsLeftAloneUntilAnOrderChangesSomething) {
  const KeptOrders kept = orders_to_keep(Settings{}, overridden(30min), moment(0s));
  Report report = overridden(30min);
  report.calls = 3;
  EXPECT_TRUE(is_kept(kept, orders_to_keep(Settings{}, report, moment(10min)), moment(10min))) << "a call is no order";
  EXPECT_TRUE(is_kept(kept, orders_to_keep(Settings{}, Report{}, moment(30min)), moment(30min))) << "it ended by itself";
  EXPECT_FALSE(is_kept(kept, orders_to_keep(Settings{}, Report{}, moment(10min)), moment(10min))) << "AUTO ended it";
  EXPECT_FALSE(is_kept(kept, orders_to_keep(Settings{}, overridden(40min), moment(10min)), moment(10min))) << "prolonged";
}

TEST(KeptOrders, TheTextIsPlain) {
  Report report = ordered();
  report.override_until = moment(90s).instant;
  report.mode = Mode::on;
  EXPECT_EQ(to_text(orders_to_keep(Settings{}, report, moment(0s))),
            "# What orders have changed. voip-qosd writes this file and reads it when it starts.\n"
            "mode off configured auto\n"
            "release_after 30s configured 10s\n"
            "override_for 1h configured 2h\n"
            "sensitivity high configured normal\n"
            "override on until 1755000090 left 90s\n"
            "end\n");
}

TEST(KeptOrders, TheLogSaysTheSameInOneLine) {
  EXPECT_EQ(summary({}), "");
  EXPECT_EQ(summary(orders_to_keep(Settings{}, ordered(), moment(0s))),
            "mode off configured auto; release_after 30s configured 10s; override_for 1h configured 2h; "
            "sensitivity high configured normal");
}

TEST(KeptOrders, ALossOfPowerIsSeenInWhatIsLeft) {
  const std::string whole = to_text(orders_to_keep(Settings{}, ordered(), moment(0s)));
  EXPECT_EQ(why_not_whole(whole), "");
  EXPECT_EQ(why_not_whole(""), "it is empty");
  EXPECT_EQ(why_not_whole(std::string_view(whole).substr(0, whole.size() - 1)), "its end is missing");
  EXPECT_EQ(why_not_whole(std::string_view(whole).substr(0, whole.size() / 2)), "its end is missing");
  EXPECT_NE(why_not_whole(std::string(whole.size(), '\0')), "");
}

TEST(KeptOrders, OnceTheClockIsRightAnOverrideEndsWhenItWasTo) {
  const KeptOverride kept = *again(orders_to_keep(Settings{}, overridden(30min), moment(0s))).override_order;
  Report restored;  // in 1970, for the half hour that was left
  restored.mode = Mode::on;
  restored.lasting_mode = Mode::off;
  restored.override_until = Instant(10s) + 30min;
  const auto corrected = [&](Duration since) { return corrected_override(kept, restored, {Instant(60s), moment(since).wall}); };
  EXPECT_EQ(corrected(20min)->mode, Mode::on);
  EXPECT_EQ(corrected(20min)->time_limit, 10min);
  EXPECT_FALSE(corrected(20min)->until_changed);
  EXPECT_EQ(corrected(24h)->mode, Mode::off);
  EXPECT_TRUE(corrected(24h)->until_changed);
  EXPECT_FALSE(corrected(-1h)) << "it is not made longer";
  restored.override_until.reset();
  EXPECT_FALSE(corrected(24h)) << "there is none any more";
}

TEST(KeptOrders, WhatIsNotUnderstoodIsToldAndTheRestIsKept) {
  for (const std::string wrong :
       {"release_after 1h configured 10s", "release_after 30s", "mode maybe configured auto", "override auto until 5 left 5s",
        "override on until soon left 5s", "override on until 5x left 5s", "override on until -5 left 5s", "nonsense", "\x01\xff",
        "volume 11 configured 10", "override on until 99999999999999999999 left 5s", "override on until 1755000090 left 8d"}) {
    const KeptOrdersRead read = parse_kept_orders(wrong + "\nsensitivity high configured normal");
    EXPECT_EQ(read.problem.rfind("line 1 is not understood: ", 0), 0U) << read.problem;
    EXPECT_TRUE(read.orders.sensitivity) << wrong;
    EXPECT_FALSE(read.orders.release_after || read.orders.mode || read.orders.override_order) << wrong;
  }
  EXPECT_EQ(parse_kept_orders("").problem, "");
  EXPECT_EQ(parse_kept_orders("\n\n  \n# x").problem, "");
}

}  // namespace
}  // namespace voip
