#include "system/json.h"
#include "commands/report/figures.h"

namespace voip {
namespace {

// With one digit, as people say them.
double tenths(std::int64_t number) {
  return static_cast<double>(number) / 10;
}

Json tally_json(const CallTally& tally) {
  Json json;
  json["calls"] = tally.calls;
  json["minutes"] = tenths((tally.seconds + 3) / 6);
  for (const Grade grade : all_grades) {
    json["grades"][std::string(to_string(grade))] = tally.grades.at(static_cast<std::size_t>(grade));
  }
  for (const QualityCause cause : all_causes) {
    json["causes"][std::string(to_string(cause))] = tally.causes.at(static_cast<std::size_t>(cause));
  }
  for (const CallKind kind : all_call_kinds) {
    json["kinds"][std::string(to_string(kind))] = tally.kinds.at(static_cast<std::size_t>(kind));
  }
  return json;
}

Json delay_json(const DelayFigure& figure) {
  Json json;  // null where nothing is known
  if (figure.calls > 0) {
    json["calls"] = figure.calls;
    json["median_ms"] = figure.median_ms;
    json["worst_ms"] = figure.worst_ms;
  }
  return json;
}

Json group_json(const CallGroup& group) {
  Json json = tally_json(group.tally);
  json["mos"] = group.mos_hundredths ? Json(tenths((*group.mos_hundredths + 5) / 10)) : Json(nullptr);
  json["delay_without_qos"] = delay_json(group.without_qos);
  json["delay_with_qos"] = delay_json(group.with_qos);
  return json;
}

Json rows_json(const char* key, const std::vector<TallyRow>& rows) {
  Json list = Json::array();
  for (const TallyRow& row : rows) {
    Json json;
    json[key] = row.name;
    json.update(tally_json(row.tally));
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string report_json(const ReportFigures& figures) {
  Json json = group_json(figures.all);
  json["days"] = figures.days;
  json["had_qos"] = figures.had_qos;
  json["until_qos"] = delay_json(figures.until_qos);
  json["devices"] = rows_json("device", figures.devices);
  json["by_day"] = rows_json("day", figures.by_day);
  json["compared"] = group_json(figures.compared);
  json["others"] = group_json(figures.others);
  json["kept"] = figures.kept;
  json["bad_lines"] = figures.bad_lines;
  json["of_the_future"] = figures.of_the_future;
  return text_of(json);
}

}  // namespace voip
