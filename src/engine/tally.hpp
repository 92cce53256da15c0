#pragma once

#include <longwire/close_code.hpp>
#include <longwire/server.hpp>
#include <longwire/slow_reader.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace longwire::engine {

/// What one loop has seen and done. Its thread counts; any thread may look.
class Tally {
public:
    enum Of : std::uint8_t {
        accepted,
        refused,
        opened,
        closed,
        requests,
        handshakes_refused,
        messages_received,
        bytes_received,
        kinds
    };

    void add(Of what, std::uint64_t count = 1) noexcept { add_to(counts_[what], count); }
    void add_received(std::size_t bytes) noexcept {
        add(messages_received);
        add(bytes_received, bytes);
    }
    [[nodiscard]] std::uint64_t operator[](Of what) const noexcept {
        return counts_[what].load(std::memory_order_relaxed);
    }

    // Closes by code: 1000 to 1015, then those of libraries, then those of applications.
    static constexpr std::size_t codes = 18;
    void add_close(CloseCode code) noexcept {
        const std::size_t number = to_number(code);
        std::size_t place = codes - 1;
        if (number < 4000) place = codes - 2;
        if (number >= 1000 && number < 1000 + codes - 2) place = number - 1000;
        add_to(closes_.at(place), 1);
    }
    [[nodiscard]] std::uint64_t closes(std::size_t place) const noexcept {
        return closes_.at(place).load(std::memory_order_relaxed);
    }

    void add(HandshakeFailure why) noexcept { add_to(failures_.at(std::size_t(why)), 1); }
    [[nodiscard]] std::uint64_t failures(std::size_t why) const noexcept {
        return failures_.at(why).load(std::memory_order_relaxed);
    }

    /// Messages that were dropped by this policy.
    void add_drops(SlowReader policy, std::uint64_t count) noexcept {
        add_to(drops_.at(std::size_t(policy)), count);
    }
    [[nodiscard]] std::uint64_t drops(std::size_t policy) const noexcept {
        return drops_.at(policy).load(std::memory_order_relaxed);
    }

private:
    using Count = std::atomic<std::uint64_t>;
    static void add_to(Count& count, std::uint64_t more) noexcept {
        // Written by one thread alone.
        count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    std::array<Count, kinds> counts_ = {};
    std::array<Count, codes> closes_ = {};
    std::array<Count, std::size_t(HandshakeFailure::kinds_count)> failures_ = {};
    std::array<Count, 4> drops_ = {};
};

}  // namespace longwire::engine
