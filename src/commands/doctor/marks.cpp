#include "commands/doctor/marks.h"
#include "base/words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>

namespace voip {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::uint32_t whole_mark = 0xffffffff;
constexpr std::size_t most_marks = 256;
constexpr std::size_t most_letters = 120;
constexpr std::uint32_t first_free = 0x01000000;  // the default; below are the bits that everybody takes

std::string mark_text(std::uint32_t number) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", number);
  return text.data();
}

// What stands in quotation marks, as comments and names do, is no part of a rule's language.
std::string without_quoted(std::string_view line) {
  std::string rest;
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (is_quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted) {
      rest += line[i];
    }
  }
  return rest;
}

std::string_view shortened(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.substr(0, most_letters);
}

std::string place_of(const std::string& program, const std::string& table, const std::string& chain) {
  return program + ", table " + table + ", chain " + chain;
}

void add(std::vector<ForeignMark>& marks, ForeignMark mark) {
  if (mark.bits != 0 && marks.size() < most_marks) {
    marks.push_back(std::move(mark));
  }
}

// ---- nftables ----

bool is_at(const Words& words, std::size_t place, std::initializer_list<std::string_view> wanted) {
  return place + wanted.size() <= words.size() &&
         std::equal(wanted.begin(), wanted.end(), words.begin() + static_cast<std::ptrdiff_t>(place));
}

bool is_and(std::string_view word) {
  return word == "&" || word == "and";
}

bool is_or(std::string_view word) {
  return word == "|" || word == "or" || word == "^" || word == "xor";
}

// What follows `|`: a number, or something of which at most the bits of a number are taken. Moves on behind it.
std::uint32_t operand(const Words& words, std::size_t& place) {
  if (place < words.size()) {
    if (const auto number = parse_number(words[place])) {
      ++place;
      return *number;
    }
  }
  while (place < words.size() && !is_and(words[place]) && !is_or(words[place])) {
    ++place;
  }
  const auto mask = place + 1 < words.size() && is_and(words[place]) ? parse_number(words[place + 1]) : std::nullopt;
  place += mask ? 2 : 0;
  return mask.value_or(whole_mark);
}

// The bits that may be others after `ct mark set`, whose value begins at that place.
std::uint32_t written_bits(const Words& words, std::size_t place) {
  if (!is_at(words, place, {"ct", "mark"})) {
    return whole_mark;
  }
  std::uint32_t bits = 0;
  for (place += 2; place < words.size();) {
    if (is_and(words[place]) && place + 1 < words.size()) {
      bits |= ~parse_number(words[place + 1]).value_or(0);
      place += 2;
    } else if (is_or(words[place])) {
      bits |= operand(words, ++place);
    } else if (words[place] == "map" || words[place] == "<<" || words[place] == ">>") {
      return whole_mark;
    } else {
      break;  // the next statement of the rule
    }
  }
  return bits;
}

// ---- iptables ----

// "0x100/0x3f00": of the value and the mask.
std::uint32_t bits_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto value = parse_number(text.substr(0, slash));
  const auto mask = slash == std::string_view::npos ? std::optional(whole_mark) : parse_number(text.substr(slash + 1));
  return value && mask ? *value | *mask : 0;
}

std::uint32_t connmark_bits(const Words& words) {
  const auto target = std::find(words.begin(), words.end(), "CONNMARK");
  if (target == words.end() || target == words.begin() || *(target - 1) != "-j") {
    return 0;
  }
  const bool saves = std::find(words.begin(), words.end(), "--save-mark") != words.end();
  std::uint32_t bits = 0;
  for (const std::string_view option : {"--set-xmark", "--set-mark"}) {
    bits |= bits_of(word_after(words, option));
  }
  for (const std::string_view option : {"--nfmask", "--ctmask"}) {
    bits |= saves ? parse_number(word_after(words, option)).value_or(whole_mark) : 0;
  }
  return bits;
}

// ---- The judgement ----

std::optional<std::uint32_t> free_bit(const std::vector<ForeignMark>& foreign) {
  std::uint32_t taken = 0;
  for (const ForeignMark& other : foreign) {
    taken |= other.bits == whole_mark ? 0 : other.bits;  // no bit is safe from those
  }
  for (std::uint32_t bit = first_free; bit != 0; bit <<= 1U) {
    if ((taken & bit) == 0) {
      return bit;
    }
  }
  return std::nullopt;
}

std::string fix_for(const ForeignMark& other, const MarkSettings& own, std::optional<std::uint32_t> free) {
  // With SQM the mark has several bits, which must be just those.
  if (other.bits == whole_mark || !free || !std::has_single_bit(own.mask)) {
    return "let that rule keep the bits " + mark_text(own.mask) + ", as in `ct mark set ct mark and " + mark_text(own.mask) +
           " or ...` or `CONNMARK --save-mark --mask " + mark_text(~own.mask) + "`";
  }
  return "set qos.call_mark = \"" + mark_text(*free) + "/" + mark_text(*free) + "\", which nobody was found to write";
}

}  // namespace

std::vector<ForeignMark> parse_nft_marks(std::string_view ruleset, const std::vector<std::string>& iptables_tables) {
  std::vector<ForeignMark> marks;
  std::string table;
  std::string chain;
  for (const std::string_view line : lines_of(ruleset)) {
    std::string bare = without_quoted(line);
    std::replace_if(
        bare.begin(), bare.end(), [](char letter) { return letter == '(' || letter == ')' || letter == ';'; }, ' ');
    const Words words = words_of(bare);
    if (words.size() >= 3 && words[0] == "table") {
      table = std::string(words[1]) + " " + std::string(words[2]);
    } else if (words.size() >= 2 && words[0] == "chain") {
      chain = std::string(words[1]);
    }
    if (std::find(iptables_tables.begin(), iptables_tables.end(), table) != iptables_tables.end()) {
      continue;
    }
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      bits |= is_at(words, i, {"ct", "mark", "set"}) ? written_bits(words, i + 3) : 0;
    }
    add(marks, {place_of("nftables", table, chain), bits, std::string(shortened(line))});
  }
  return marks;
}

IptablesMarks parse_iptables_marks(std::string_view saved, std::string_view family) {
  IptablesMarks read;
  const std::string program = std::string(family) + "tables";
  std::string table;
  for (const std::string_view line : lines_of(saved)) {
    if (line.front() == '*') {
      table = std::string(line.substr(1));
      read.tables.push_back(std::string(family) + " " + table);
      continue;
    }
    const std::string bare = without_quoted(line);
    const Words words = words_of(bare);
    const std::string chain(word_after(words, "-A"));
    add(read.marks, {place_of(program, table, chain), connmark_bits(words), std::string(shortened(line))});
  }
  return read;
}

Checks judge_mark(const MarkFacts& facts, const QosSettings& qos) {
  if (!qos.mark_calls) {
    return {};
  }
  const MarkSettings& own = qos.call_mark;
  const std::string own_text = mark_text(own.value) + "/" + mark_text(own.mask);
  std::vector<ForeignMark> colliding;
  std::copy_if(facts.foreign.begin(), facts.foreign.end(), std::back_inserter(colliding),
               [&](const ForeignMark& other) { return (other.bits & own.mask) != 0; });
  Checks checks;
  if (!colliding.empty()) {
    const ForeignMark& first = colliding.front();
    checks.push_back({"call_mark", CheckResult::warning,
                      first.who + " writes the bits " + mark_text(first.bits) + " of the connection mark" +
                          (first.rule.empty() ? "" : " (`" + first.rule + "`)") + ", some of which are those of qos.call_mark, " +
                          own_text + ": calls may not come first, or others be taken for calls" +
                          (colliding.size() == 1 ? "" : "; and " + std::to_string(colliding.size() - 1) + " more"),
                      fix_for(first, own, free_bit(facts.foreign))});
  }
  if (facts.calls > 0 && facts.flows.were_listed && !facts.flows.is_cut && facts.flows.marked == 0) {
    checks.push_back({"call_mark", CheckResult::warning,
                      "the daemon knows of " + std::to_string(facts.calls) + " calls, and no connection has the mark " +
                          mark_text(own.value) + ": somebody else overwrites it, or the kernel has no connection marks",
                      "see conntrack -L -p udp; a kernel with CONFIG_NF_CONNTRACK_MARK"});
  }
  if (checks.empty()) {
    checks.push_back(
        {"call_mark", CheckResult::ok, own_text + (facts.foreign.empty() ? "" : ", whose bits nobody else was found to write")});
  }
  return checks;
}

}  // namespace voip
