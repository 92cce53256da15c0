#include "cli/option_words.hpp"

#include "ops/units.hpp"

#include <longwire/header_field.hpp>

#include <charconv>
#include <memory>
#include <system_error>

namespace longwire::cli {

namespace {

std::optional<Compression> parse_compression(std::string_view word) noexcept {
    if (word == "off") return Compression::off;
    if (word == "shared") return Compression::shared;
    if (word == "dedicated") return Compression::dedicated;
    return std::nullopt;
}

}  // namespace

CLI::Validator undescribed(CLI::Validator check) {
    return check.description("");
}

const Word<std::size_t> size_word = {"SIZE", "a size, as 65536, 64KiB or 1MiB, and not 0",
                                     [](std::string_view word) {
                                         const auto size = ops::parse_size(word);
                                         return size == 0 ? std::nullopt : size;
                                     }};
const Word<std::chrono::milliseconds> time_word = {
    "TIME", "a time, as 10s, 500ms, 2m or 1h, up to 24 days",
    [](std::string_view word) { return ops::parse_duration(word); }};
const Word<std::chrono::milliseconds> seconds_word = {
    "SECONDS", "a number of seconds, as 10 or 0.5, up to 86400",
    [](std::string_view word) { return ops::parse_seconds(word); }};
const Word<std::chrono::milliseconds> wait_word = {
    "SECONDS", "a number of seconds, as 10 or 0.5, up to 86400, or forever",
    [](std::string_view word) {
        return word == "forever" ? std::optional(std::chrono::milliseconds::max())
                                 : ops::parse_seconds(word);
    }};
const Word<std::size_t> count_word = {"NUMBER", "a whole number",
                                      [](std::string_view word) { return ops::parse_count(word); }};
const Word<std::size_t> positive_word = {"NUMBER", "a whole number above 0",
                                         [](std::string_view word) {
                                             const auto count = ops::parse_count(word);
                                             return count == 0 ? std::nullopt : count;
                                         }};
const Word<std::uint16_t> rate_word = {"NUMBER", "a whole number up to 65535",
                                       [](std::string_view word) -> std::optional<std::uint16_t> {
                                           const auto count = ops::parse_count(word);
                                           if (!count || *count > 65535) return std::nullopt;
                                           return static_cast<std::uint16_t>(*count);
                                       }};
const Word<unsigned> mode_word = {"MODE", "the mode of a file in octal digits, as 0660, up to 0777",
                                  [](std::string_view word) -> std::optional<unsigned> {
                                      constexpr unsigned most = 0777;
                                      unsigned mode = 0;
                                      const char* const begin = std::to_address(word.begin());
                                      const char* const end = begin + word.size();
                                      const auto read = std::from_chars(begin, end, mode, 8);
                                      if (read.ec != std::errc() || read.ptr != end || mode > most)
                                          return std::nullopt;
                                      return mode;
                                  }};
const Word<Compression> compression_word = {
    "HOW", "off, shared or dedicated",
    [](std::string_view word) { return parse_compression(word); }};
const Word<ops::LogFormat> log_format_word = {
    "HOW", "auto, text or json", [](std::string_view word) -> std::optional<ops::LogFormat> {
        if (word == "auto") return ops::LogFormat::automatic;
        if (word == "text") return ops::LogFormat::text;
        if (word == "json") return ops::LogFormat::json;
        return std::nullopt;
    }};
const Word<ForwardedField> forwarded_field_word = {
    "NAME", "X-Forwarded-For or Forwarded",
    [](std::string_view word) -> std::optional<ForwardedField> {
        if (same_field_name(word, "X-Forwarded-For")) return ForwardedField::x_forwarded_for;
        if (same_field_name(word, "Forwarded")) return ForwardedField::forwarded;
        return std::nullopt;
    }};

}  // namespace longwire::cli
