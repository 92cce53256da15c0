#pragma once

#include <longwire/run.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace longwire::cli {

/// Standard input, cut into messages, and read without standing in the way of anything else.
class InputMessages {
public:
    static constexpr std::size_t max_size = std::size_t{64} * 1024 * 1024;

    enum class Cut : std::uint8_t {
        lines,    ///< One for each line, without its line break.
        nowhere,  ///< All of it is one.
    };

    explicit InputMessages(Cut cut) noexcept : cut_(cut) {}

    /// The next one, if it is there whole. If not, and it `is_finished` neither, `co_await more()`,
    /// `read`, and take again.
    [[nodiscard]] std::optional<std::string> take();
    /// At the end of the input, and once a message is larger than `max_size`.
    [[nodiscard]] bool is_finished() const noexcept { return finished_; }
    [[nodiscard]] static Readable more() noexcept;
    void read();

    [[nodiscard]] bool was_too_large() const noexcept { return too_large_; }
    /// The errno where it ended since it could not be read.
    [[nodiscard]] std::optional<int> failure() const noexcept { return failure_; }

private:
    [[nodiscard]] std::optional<std::string> take_line();
    void fail(int error);

    std::string pending_;
    std::size_t place_ = 0;
    std::size_t searched_ = 0;
    Cut cut_;
    bool ended_ = false;
    bool finished_ = false;
    bool too_large_ = false;
    std::optional<int> failure_;
};

}  // namespace longwire::cli
