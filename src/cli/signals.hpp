#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

namespace longwire::cli {

/// Signals that are read on the loop instead of ending the process. To be made before any thread
/// is, since threads inherit it.
class Signals {
public:
    Signals(std::initializer_list<int> signals);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Readable when one has come.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] std::optional<int> take() noexcept;

private:
    sigset_t before_ = {};
    int descriptor_;
};

}  // namespace longwire::cli
