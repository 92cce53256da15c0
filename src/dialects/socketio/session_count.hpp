#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::dialects::socketio {

/// How many sessions there are, in all and of each address. Any thread.
class SessionCount {
public:
    /// 0: no limit.
    SessionCount(std::size_t most, std::size_t most_of_address) noexcept
        : most_(most), most_of_address_(most_of_address) {}

    enum class Room { enough, too_many, too_many_of_address };
    [[nodiscard]] Room look(const std::string& address) const;
    /// Counts one more if there is room.
    [[nodiscard]] Room take(const std::string& address);
    void give_back(const std::string& address);
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    [[nodiscard]] Room judge(const std::string& address) const;

    const std::size_t most_;
    const std::size_t most_of_address_;
    mutable std::mutex mutex_;
    std::atomic<std::size_t> count_ = 0;
    std::unordered_map<std::string, std::size_t> of_address_;
};

}  // namespace longwire::dialects::socketio
