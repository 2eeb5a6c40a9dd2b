// Text taken apart and put together: lines and words of what programs print, numbers in it, lists for people, and which word was
// perhaps meant. Pure; survives any text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voip {

// Views into the text, which must outlive them.
std::vector<std::string_view> lines_of(std::string_view text);
std::vector<std::string_view> words_of(std::string_view line);
// The word that follows `word`; empty when there is none.
std::string_view word_after(const std::vector<std::string_view>& words, std::string_view word);

// "0x20", "32"; all of the text must be the number.
std::optional<std::uint32_t> parse_number(std::string_view text);
std::string hex(std::uint32_t number);  // "0x20"

std::string counted(std::uint64_t count, std::string_view what);  // "1 call", "2 calls", "2 switches"

// The candidate with the smallest edit distance; there must be one.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);
// Whether one was probably meant by the other: no more than a third of the longer one's letters differ, and two neighbours that
// changed places count once.
bool is_near(std::string_view word, std::string_view other);
std::string quoted(std::string_view text);                         // "a"
std::string quoted_list(std::span<const std::string_view> words);  // "a", "b" or "c"

}  // namespace voip
