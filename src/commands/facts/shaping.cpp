#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "actuators/actuators.h"
#include "commands/facts/facts.h"
#include "ports/network/network.h"
#include "ports/shaping/shaping.h"
#include "system/read_start.h"

namespace voip {
namespace {

constexpr Duration look_limit = 10s;  // the daemon's for one look

// Symbols of the running kernel and its loaded modules.
class KernelSymbols {
 public:
  explicit KernelSymbols(const std::vector<std::string>& wanted) {
    std::ifstream file("/proc/kallsyms");
    for (std::string line; std::getline(file, line);) {
      is_known_ = true;
      // "ffffffff81f440c0 t htb_enqueue [sch_htb]"
      const std::size_t begin = line.find(' ', line.find(' ') + 1) + 1;
      const std::string_view name = std::string_view(line).substr(begin, line.find_first_of("\t .", begin) - begin);
      if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
        found_.emplace_back(name);
      }
    }
  }

  [[nodiscard]] bool is_known() const { return is_known_; }
  [[nodiscard]] bool has(const std::string& name) const { return std::find(found_.begin(), found_.end(), name) != found_.end(); }

 private:
  bool is_known_ = false;
  std::vector<std::string> found_;
};

// Those that could be loaded.
struct Modules {
  bool is_known = false;
  std::string list;
  std::filesystem::path folder;

  Modules() {
    utsname system{};
    ::uname(&system);
    folder = std::filesystem::path("/lib/modules") / system.release;
    std::error_code error;
    // Without its folder: a kernel that knows no modules, or a container that does not show those of its host.
    is_known = std::filesystem::exists(folder, error) || !std::filesystem::exists("/proc/modules", error);
    list = read_start(folder / "modules.dep") + read_start(folder / "modules.builtin");
  }

  [[nodiscard]] bool has(const std::string& name) const {
    std::error_code error;
    return list.find("/" + name + ".ko") != std::string::npos || std::filesystem::exists(folder / (name + ".ko"), error);
  }
};

}  // namespace

bool is_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0;
  }
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::string_view rest = path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path;
  while (true) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (::access((std::string(rest.substr(0, end)) + "/" + name).c_str(), X_OK) == 0) {
      return true;
    }
    if (end == rest.size()) {
      return false;
    }
    rest.remove_prefix(end + 1);
  }
}

std::optional<std::vector<std::string>> missing_parts(const std::vector<KernelPart>& parts) {
  std::vector<std::string> functions;
  for (const KernelPart& part : parts) {
    functions.insert(functions.end(), part.functions.begin(), part.functions.end());
  }
  std::vector<std::string> missing;
  if (parts.empty()) {
    return missing;
  }
  const KernelSymbols symbols(functions);
  const Modules modules;
  if (!symbols.is_known() || !modules.is_known) {
    return std::nullopt;
  }
  for (const KernelPart& part : parts) {
    const bool is_there =
        std::any_of(part.functions.begin(), part.functions.end(), [&](const std::string& name) { return symbols.has(name); }) ||
        std::any_of(part.modules.begin(), part.modules.end(), [&](const std::string& name) { return modules.has(name); });
    if (!is_there) {
      missing.push_back(part.name);
    }
  }
  return missing;
}

namespace {

ActuatorFacts look_once(const Settings& settings, const Network& network, bool may_look, CommandLoop& commands) {
  const Actuator& actuator = *find_actuator(settings.qos.actuator);
  ActuatorFacts facts{.name = std::string(actuator.name), .switches = actuator.switches, .wan = network.wan};
  if (!actuator.switches) {
    return facts;
  }
  const auto missing = missing_parts(needed_parts(settings.qos));
  facts.parts_are_known = missing.has_value();
  facts.missing_parts = missing.value_or(std::vector<std::string>());
  Site site = site_of(settings, network);
  site.phones = phones_of(settings);
  auto shaping = read_shaping();
  if (!shaping) {
    facts.problem = shaping.error();
    return facts;
  }
  Probe bare;
  bare.qdiscs = std::move(shaping->qdiscs);
  bare.links = std::move(shaping->links);
  const auto look = [&](const Plan& plan) {
    Probe probe = bare;
    probe.results = commands.run_all(plan, look_limit);
    for (std::size_t i = 0; i < plan.size(); ++i) {
      if (probe.results[i].failure.find("time") != std::string::npos && facts.problem.empty()) {
        facts.problem = plan[i].argv.front() + " did not answer within " + to_string(look_limit);
      }
    }
    return probe;
  };
  facts.is_allowed = may_look;
  const bool has_preflight = may_look && actuator.preflight != nullptr;
  const Probe before = look(has_preflight ? actuator.preflight(Qos::on, bare, settings.qos, site) : Plan{});
  std::vector<Plan> plans;
  for (const Qos wanted : {Qos::on, Qos::off}) {
    plans.push_back(actuator.plan(wanted, before, settings.qos, site));
  }
  facts.missing_programs = needed_programs(plans);
  std::erase_if(facts.missing_programs, is_program);
  if (!may_look) {
    return facts;
  }
  if (actuator.refuse != nullptr) {
    facts.refusal = actuator.refuse(Qos::on, before, settings.qos, site);
  }
  const Probe seen = look(actuator.observe != nullptr ? actuator.observe(bare, settings.qos, site) : Plan{});
  facts.observed = actuator.read(seen, settings.qos, site);
  if (actuator.remark != nullptr) {
    facts.remark = actuator.remark(seen, settings.qos, site);
  }
  return facts;
}

}  // namespace

ActuatorFacts look_at_actuator(const Settings& settings, const Network& network, bool may_look, CommandLoop& commands) {
  ActuatorFacts facts = look_once(settings, network, may_look, commands);
  // The daemon may have switched, or followed the line, between two of the commands.
  if (facts.observed && !facts.observed->problem.empty()) {
    facts = look_once(settings, network, may_look, commands);
  }
  return facts;
}

}  // namespace voip
