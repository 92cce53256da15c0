#pragma once

#include "cli/condition.hpp"

#include <longwire/task.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace longwire::cli {

/// Standard output as a pipe of a program that must not stand still: a reader that is slow holds
/// up those who heed `is_full`, and nobody else.
class StandardOutput {
public:
    StandardOutput();
    ~StandardOutput();
    StandardOutput(const StandardOutput&) = delete;
    StandardOutput& operator=(const StandardOutput&) = delete;

    /// Keeps `bytes`, and writes what can be written now.
    void put(std::string_view bytes);
    /// Whether so much waits that nothing should be put: await a change.
    [[nodiscard]] bool is_full() const noexcept;
    /// Awaits that nothing waits, or that nobody reads any more.
    Task<> empty();

    /// To be spawned: writes what waits. Ends when nobody reads any more.
    Task<> serve();
    /// To be spawned: ends when nobody reads any more, where that can be known without writing.
    Task<> unread();
    [[nodiscard]] bool is_unread() const noexcept { return unread_; }
    /// The errno of what could not be written, where that is not since nobody reads: a full disk.
    [[nodiscard]] std::optional<int> failure() const noexcept { return failure_; }
    /// Awaits that any of it may have changed.
    Condition::Change change() noexcept { return changed_.change(); }

private:
    void write_some();

    std::string waiting_;
    std::size_t place_ = 0;
    Condition changed_;
    int writable_;  // an epoll descriptor, which can be read when standard output can be written
    bool unread_ = false;  // or it cannot be written
    std::optional<int> failure_;
};

}  // namespace longwire::cli
