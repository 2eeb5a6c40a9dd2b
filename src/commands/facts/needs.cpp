#include <algorithm>

#include "commands/facts/facts.h"

namespace voip {

std::vector<KernelPart> needed_parts(const QosSettings& qos) {
  const KernelPart ifb{"IFB", {"ifb_xmit"}, {"ifb"}, "kmod-ifb"};
  const KernelPart nft_ct{"nftables' ct", {"nft_ct_get_eval", "nft_ct_get_init"}, {"nft_ct"}, "kmod-nft-core"};
  if (qos.actuator == "tc") {
    std::vector<KernelPart> parts{{"HTB", {"htb_enqueue"}, {"sch_htb"}, "kmod-sched-core"},
                                  {"TBF or CAKE", {"tbf_enqueue", "cake_enqueue"}, {"sch_tbf", "sch_cake"}, "kmod-sched-core"},
                                  nft_ct,
                                  {"u32", {"u32_classify"}, {"cls_u32"}, "kmod-sched-core"}};
    if (qos.tc.download_kbit != 0) {
      parts.push_back(ifb);
      parts.push_back({"clsact", {"clsact_init"}, {"sch_ingress"}, "kmod-sched-core"});
      parts.push_back({"mirred", {"tcf_mirred_act"}, {"act_mirred"}, "kmod-sched-core"});
    }
    return parts;
  }
  if (qos.actuator == "qos-scripts") {
    return {{"HFSC", {"hfsc_enqueue"}, {"sch_hfsc"}, "kmod-sched-core"}, ifb};
  }
  if (qos.actuator == "sqm-scripts") {
    // Which of them, its own configuration says.
    return {{"CAKE or HTB", {"cake_enqueue", "htb_enqueue"}, {"sch_cake", "sch_htb"}, "kmod-sched-cake"}, ifb};
  }
  if (qos.actuator == "cake-rate") {
    return {{"CAKE", {"cake_enqueue"}, {"sch_cake"}, "kmod-sched-cake"}};
  }
  return {};
}

std::vector<std::string> needed_programs(const std::vector<Plan>& plans) {
  std::vector<std::string> programs;
  for (const Plan& plan : plans) {
    for (const Command& command : plan) {
      if (!command.argv.empty() && !command.may_fail &&
          std::find(programs.begin(), programs.end(), command.argv.front()) == programs.end()) {
        programs.push_back(command.argv.front());
      }
    }
  }
  return programs;
}

}  // namespace voip
