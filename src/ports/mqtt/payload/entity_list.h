// How entities are written down, for the files that name them: as the JSON that Home Assistant reads, without what all entities
// of a device have in common. As a text it takes a small part of the room that it would take as code.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/settings.h"
#include "ports/mqtt/payload/entities.h"
#include "system/json.h"

namespace voip {

class Entities {
 public:
  // `unique` and `entity` begin the unique ids and the entity ids, `base` the topics.
  Entities(std::string unique, std::string entity, const std::string& base, bool switches)
      : unique_(std::move(unique)), entity_(std::move(entity)), base_(text_of(Json(base + "/"))), switches_(switches) {
    base_ = base_.substr(1, base_.size() - 2);
  }

  // Without a name it is the main feature and bears the device's. In the text "@/" stands for the base of the topics, "@reasons"
  // for the words of a reason, "@going" for what is said while QoS is not as it is wanted.
  Json& add(const char* platform, const char* key, const char* name, std::string_view rest);

  std::vector<HomeAssistantEntity> take() { return std::move(list_); }

 private:
  std::string unique_;
  std::string entity_;
  std::string base_;
  bool switches_;
  std::vector<HomeAssistantEntity> list_;
};

// What the node has besides calls and controls: why QoS is on or off, what was last, what is wrong, and the line.
void add_insight(Entities& entities);
void add_line(Entities& entities);

}  // namespace voip
