#include "ops/exposition.hpp"

#include <array>
#include <charconv>

namespace longwire::ops {

namespace {

std::string text_of(double value) {
    std::array<char, 40> text = {};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

}  // namespace

void Exposition::begin(std::string_view name, std::string_view help, std::string_view type) {
    name_ = "longwire_";
    name_ += name;
    for (const std::string_view part :
         {std::string_view("# HELP "), std::string_view(name_), std::string_view(" "), help,
          std::string_view("\n# TYPE "), std::string_view(name_), std::string_view(" "), type,
          std::string_view("\n")})
        text_ += part;
}

void Exposition::line(std::string_view suffix, std::string_view labels, const std::string& value) {
    text_ += name_;
    text_ += suffix;
    if (!labels.empty()) {
        text_ += '{';
        text_ += labels;
        text_ += '}';
    }
    text_ += ' ';
    text_ += value;
    text_ += '\n';
}

void Exposition::sample(std::uint64_t value, std::string_view labels) {
    line({}, labels, std::to_string(value));
}

void Exposition::sample(double value, std::string_view labels) {
    line({}, labels, text_of(value));
}

void Exposition::histogram(std::string_view name, std::string_view help,
                           std::span<const double> bounds, std::span<const std::uint64_t> counts,
                           double sum) {
    begin(name, help, "histogram");
    std::uint64_t so_far = 0;
    for (std::size_t index = 0; index < bounds.size(); ++index) {
        so_far += counts[index];
        line("_bucket", "le=\"" + text_of(bounds[index]) + '"', std::to_string(so_far));
    }
    so_far += counts[bounds.size()];
    line("_bucket", "le=\"+Inf\"", std::to_string(so_far));
    line("_sum", {}, text_of(sum));
    line("_count", {}, std::to_string(so_far));
}

}  // namespace longwire::ops
