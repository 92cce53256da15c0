#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

namespace longwire::cli {

/// Signals that are read on the loop instead of ending the process. To be made before any thread
/// is, since threads inherit it.
class Signals {
public:
    /// For how long they do not end the process: a signal that waits does so when they are let go.
    enum class Held : bool { while_this_lives, for_good };
    Signals(std::initializer_list<int> signals, Held held = Held::while_this_lives);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Readable when one has come.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] std::optional<int> take() noexcept;

private:
    sigset_t before_ = {};
    int descriptor_;
    Held held_;
};

}  // namespace longwire::cli
