#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace longwire::ops {

/// Figures in the text format of Prometheus (version 0.0.4).
class Exposition {
public:
    /// What follows, until the next, are samples of this one. `name` without the prefix
    /// "longwire_"; `help` is one line.
    void counter(std::string_view name, std::string_view help) { begin(name, help, "counter"); }
    void gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }

    /// `labels` as `code="1000"`, or nothing.
    void sample(std::uint64_t value, std::string_view labels = {});
    void sample(double value, std::string_view labels = {});

    /// One whole histogram. `bounds` are in seconds, the least first; `counts` has one more, for
    /// what is above the last.
    void histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                   std::span<const std::uint64_t> counts, double sum);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    void begin(std::string_view name, std::string_view help, std::string_view type);
    void line(std::string_view suffix, std::string_view labels, const std::string& value);

    std::string text_;
    std::string name_;
};

}  // namespace longwire::ops
