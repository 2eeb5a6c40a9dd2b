#include "commands/report/figures.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace voip {
namespace {

constexpr std::int64_t soon_s = 60;

// A call that the end of one daemon has cut, and that the next has found again, is one.
bool goes_on(const KeptCall& before, const KeptCall& call) {
  const std::int64_t ended_s = before.began_s + before.duration_s;
  return before.is_cut && before.device == call.device && before.remote == call.remote && call.began_s >= before.began_s &&
         call.began_s <= ended_s + soon_s;
}

// Of the two parts the longer one tells how good it was.
KeptCall joined(const KeptCall& before, const KeptCall& call) {
  KeptCall whole = before.duration_s > call.duration_s ? before : call;
  whole.began_s = before.began_s;
  whole.duration_s = std::max(before.duration_s, call.began_s + call.duration_s - before.began_s);
  whole.had_qos = before.had_qos || call.had_qos;
  whole.until_qos = before.until_qos;
  whole.kind = std::max(before.kind, call.kind);
  whole.was_compared = before.was_compared;
  whole.is_cut = call.is_cut;
  return whole;
}

std::vector<KeptCall> whole_calls(const std::vector<KeptCall>& kept) {
  std::vector<KeptCall> calls;
  for (const KeptCall& call : kept) {
    const auto before = std::find_if(calls.rbegin(), calls.rend(), [&](const KeptCall& one) { return goes_on(one, call); });
    if (before == calls.rend()) {
      calls.push_back(call);
    } else {
      *before = joined(*before, call);
    }
  }
  return calls;
}

std::string date_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const auto two_digits = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return std::to_string(static_cast<int>(date.year())) + "-" + two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day()));
}

void count(CallTally& tally, const KeptCall& call) {
  tally.calls += 1;
  tally.seconds += call.duration_s;
  tally.grades.at(static_cast<std::size_t>(call.quality.grade)) += 1;
  tally.kinds.at(static_cast<std::size_t>(call.kind)) += 1;
  if (call.quality.cause) {
    tally.causes.at(static_cast<std::size_t>(*call.quality.cause)) += 1;
  }
}

DelayFigure figure_of(std::vector<std::int64_t> delays) {
  if (delays.empty()) {
    return {};
  }
  std::sort(delays.begin(), delays.end());
  return {delays.size(), delays[delays.size() / 2], delays.back()};
}

class Grouping {
 public:
  void add(const KeptCall& call) {
    count(group_.tally, call);
    const auto take = [](std::vector<std::int64_t>& list, const std::optional<Duration>& delay) {
      if (delay) {
        list.push_back(delay->count());
      }
    };
    take(without_qos_, call.queue_delays.without_qos);
    take(with_qos_, call.queue_delays.with_qos);
    if (call.quality.mos_hundredths) {
      mos_sum_ += *call.quality.mos_hundredths;
      ++mos_calls_;
    }
  }
  CallGroup group() {
    group_.without_qos = figure_of(std::move(without_qos_));
    group_.with_qos = figure_of(std::move(with_qos_));
    if (mos_calls_ > 0) {
      group_.mos_hundredths = static_cast<std::uint32_t>(mos_sum_ / mos_calls_);
    }
    return group_;
  }

 private:
  CallGroup group_;
  std::vector<std::int64_t> without_qos_;
  std::vector<std::int64_t> with_qos_;
  std::uint64_t mos_sum_ = 0;
  std::uint64_t mos_calls_ = 0;
};

}  // namespace

ReportFigures figures_of(const KeptCallsRead& kept, std::uint32_t days, std::int64_t now_s, const DayOf& day_of) {
  const std::vector<KeptCall> calls = whole_calls(kept.calls);
  ReportFigures figures;
  figures.days = days;
  figures.kept = calls.size();
  figures.bad_lines = kept.bad_lines;
  const std::int64_t today = day_of(now_s);
  const std::int64_t first_day = today - (std::int64_t{days} - 1);
  Grouping all;
  Grouping compared;
  Grouping others;
  std::map<std::string, CallTally> devices;
  std::map<std::int64_t, CallTally> by_day;
  std::vector<std::int64_t> until_qos;
  for (const KeptCall& call : calls) {
    const std::int64_t day = day_of(call.began_s);
    if (day > today) {
      ++figures.of_the_future;
    }
    if (day < first_day || day > today) {
      continue;
    }
    all.add(call);
    (call.was_compared ? compared : others).add(call);
    count(devices[call.device], call);
    count(by_day[day], call);
    figures.had_qos += call.had_qos ? 1 : 0;
    if (call.until_qos && !call.was_compared) {
      until_qos.push_back(call.until_qos->count());
    }
  }
  figures.all = all.group();
  figures.compared = compared.group();
  figures.others = others.group();
  figures.until_qos = figure_of(std::move(until_qos));
  for (const auto& [name, tally] : devices) {
    figures.devices.push_back({name, tally});
  }
  std::stable_sort(figures.devices.begin(), figures.devices.end(),
                   [](const TallyRow& a, const TallyRow& b) { return a.tally.seconds > b.tally.seconds; });
  for (const auto& [day, tally] : by_day) {
    figures.by_day.push_back({date_of(day), tally});
  }
  return figures;
}

}  // namespace voip
