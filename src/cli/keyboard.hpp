#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace longwire::cli {

/// The characters that come from the terminal on standard input, for a thread that may wait.
class Keyboard {
public:
    static constexpr std::size_t max_paste = std::size_t{4} * 1024 * 1024;

    Keyboard();
    ~Keyboard();
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;

    /// Waits for the next character; nothing at the end of the input, and after `stop`.
    [[nodiscard]] std::optional<char32_t> next();
    /// Whether `next` would not wait.
    [[nodiscard]] bool has_more();
    /// After the marker at its beginning: what a terminal with bracketed paste sends until the
    /// marker at its end, with line breaks as they are in a text and none at its end. What is
    /// beyond `max_paste` is left out.
    [[nodiscard]] std::u32string rest_of_paste();

    /// For another thread.
    void stop() noexcept;

private:
    enum class Patience : bool { none, endless };
    bool wait(Patience patience);
    bool read_some();

    std::string bytes_;
    std::size_t place_ = 0;
    int stopped_;
};

}  // namespace longwire::cli
