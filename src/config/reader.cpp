// Walks the file beside the schema: what the schema knows is read, what it does not know is a problem.
#include <algorithm>

#include "base/words.h"
#include "config/schema.h"

namespace voip {
namespace {

constexpr std::size_t most_devices = 64;

std::string in_section(std::string_view section) {
  return section.empty() ? "at the top of the file" : "in [" + std::string(section) + "]";
}

// Where else a key of this name would be right; empty: nowhere.
std::string_view section_with(std::string_view key) {
  for (const ConfigSection& section : config_sections()) {
    for (const ConfigKey& known : section.keys) {
      if (known.name == key) {
        return section.name;
      }
    }
  }
  return {};
}

void note_unknown(const ConfigEntry& entry, std::string_view section, std::span<const std::string_view> known,
                  ConfigReading& reading) {
  std::string message = "unknown key \"" + entry.key + "\" " + in_section(section) + "; did you mean ";
  if (const std::string_view other = section_with(entry.key); !other.empty()) {
    message += "\"" + entry.key + "\" in [" + std::string(other) + "]?";
  } else {
    message += "\"" + std::string(nearest_word(entry.key, known)) + "\"?";
  }
  reading.add(entry.place, std::move(message));
}

std::string full_name(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

// The sections right below `section`, as the last word of their names.
std::vector<std::string_view> subsections(std::string_view section) {
  std::vector<std::string_view> names;
  for (const ConfigSection& candidate : config_sections()) {
    std::string_view name = candidate.name;
    if (!section.empty()) {
      if (!name.starts_with(section) || name.size() <= section.size() || name[section.size()] != '.') {
        continue;
      }
      name.remove_prefix(section.size() + 1);
    }
    if (name.find('.') == std::string_view::npos) {
      names.push_back(name);
    }
  }
  return names;
}

void read_device(const ConfigNode& node, ConfigReading& reading) {
  const std::string number = "device[" + std::to_string(reading.settings.devices.size()) + "]";
  DeviceSettings device;
  std::vector<std::string_view> names;
  for (const DeviceKey& key : device_keys()) {
    names.push_back(key.name);
  }
  std::size_t identities = 0;
  for (const ConfigEntry& entry : node.entries) {
    const auto key = std::find_if(device_keys().begin(), device_keys().end(), [&](const auto& k) { return k.name == entry.key; });
    if (key == device_keys().end()) {
      note_unknown(entry, "[device]", names, reading);
      continue;
    }
    reading.places[number + "." + entry.key] = entry.value.place;
    identities += entry.key == "address" || entry.key == "mac" || entry.key == "hostname" ? 1U : 0U;
    ConfigValue value(entry.value, "device." + entry.key, reading);
    key->read(value, device);
  }
  reading.places[number] = node.place;
  if (!reading.gives(number + ".name")) {
    reading.add(node.place, "a [[device]] needs a name");
  }
  if (identities != 1) {
    reading.add(node.place,
                "a [[device]] needs exactly one of address, mac and hostname; this one has " + std::to_string(identities));
  }
  reading.settings.devices.push_back(std::move(device));
}

void read_devices(const ConfigEntry& entry, ConfigReading& reading) {
  const auto& items = entry.value.items;
  const auto is_table = [](const ConfigNode& item) { return item.kind == ConfigNode::Kind::table; };
  if (entry.value.kind != ConfigNode::Kind::array || !std::all_of(items.begin(), items.end(), is_table)) {
    reading.add(entry.place, "each device begins with [[device]], in double brackets");
    return;
  }
  if (items.size() > most_devices) {
    reading.add(entry.place, "at most 64 devices; leave out those that the detector may decide on");
    return;
  }
  for (const ConfigNode& item : items) {
    read_device(item, reading);
  }
}

void read_section(const ConfigNode& table, std::string_view section, ConfigReading& reading) {
  const auto sections = config_sections();
  const auto schema = std::find_if(sections.begin(), sections.end(), [section](const auto& s) { return s.name == section; });
  const auto keys = schema == sections.end() ? std::span<const ConfigKey>() : schema->keys;
  const std::vector<std::string_view> below = subsections(section);
  std::vector<std::string_view> known = below;
  for (const ConfigKey& key : keys) {
    known.push_back(key.name);
  }
  if (section.empty()) {
    known.emplace_back("device");
  }
  for (const ConfigEntry& entry : table.entries) {
    const std::string name = full_name(section, entry.key);
    reading.places[name] = entry.value.place;
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == entry.key; });
    if (key != keys.end()) {
      ConfigValue value(entry.value, name, reading);
      key->read(value, reading.settings);
    } else if (section.empty() && entry.key == "device") {
      read_devices(entry, reading);
    } else if (std::find(below.begin(), below.end(), entry.key) == below.end()) {
      note_unknown(entry, section, known, reading);
    } else if (entry.value.kind != ConfigNode::Kind::table) {
      reading.add(entry.place, "[" + name + "] is a section of its own, not a value");
    } else {
      read_section(entry.value, name, reading);
    }
  }
}

}  // namespace

void read_settings(const ConfigNode& file, ConfigReading& reading) {
  read_section(file, "", reading);
}

}  // namespace voip
