#pragma once

#include "ops/log.hpp"

#include <longwire/compression.hpp>
#include <longwire/request.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace longwire::cli {

/// A check that leaves the help as short as it is without it.
[[nodiscard]] CLI::Validator undescribed(CLI::Validator check);

/// A word of the command line that `parse` makes a value of, or nothing.
template <class Value>
struct Word {
    std::string type;
    std::string must_be;
    std::optional<Value> (*parse)(std::string_view);
};

extern const Word<std::size_t> size_word;                   // 65536, 64KiB; not 0
extern const Word<std::chrono::milliseconds> time_word;     // 10s, 500ms; up to 24 days
extern const Word<std::chrono::milliseconds> seconds_word;  // 0.5; up to a day
extern const Word<std::chrono::milliseconds> wait_word;     // the same, or forever
extern const Word<std::size_t> count_word;
extern const Word<std::size_t> positive_word;
extern const Word<std::uint16_t> rate_word;
extern const Word<unsigned> mode_word;  // of a file: 0660
extern const Word<Compression> compression_word;
extern const Word<ops::LogFormat> log_format_word;
extern const Word<ForwardedField> forwarded_field_word;

/// An option that takes such a word into `target`, which may be a std::optional.
template <class Value, class Target>
CLI::Option& add_word(CLI::App& command, const std::string& name, Target& target,
                      const Word<Value>& word, const std::string& text) {
    const std::string shown = name.substr(name.find("--"));
    return *command
                .add_option_function<std::string>(
                    name,
                    [&target, &word, shown](const std::string& given) {
                        const auto value = word.parse(given);
                        if (!value)
                            throw CLI::ValidationError(shown,
                                                       "must be " + word.must_be + ": " + given);
                        target = *value;
                    },
                    text)
                ->type_name(word.type)
                ->option_text(word.type);
}

/// The same; `usual` is what it is without, and what the help says of that. (A std::optional stays
/// as it is: whoever reads it knows.)
template <class Value, class Target>
CLI::Option& add_word(CLI::App& command, const std::string& name, Target& target,
                      const Word<Value>& word, const std::string& text, const std::string& usual) {
    if constexpr (std::is_same_v<Target, Value>) target = word.parse(usual).value();
    return *add_word(command, name, target, word, text).option_text(word.type + "=" + usual);
}

}  // namespace longwire::cli
