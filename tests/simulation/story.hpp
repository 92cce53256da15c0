#pragma once

#include "timeline.hpp"

#include <cstdint>
#include <string_view>

namespace longwire::simulation {

/// What happened in a run: always as a digest, which two runs of a seed must share, and as text
/// where somebody wants to read it.
class Story {
public:
    enum class Shown : bool { no, yes };

    explicit Story(Shown shown) noexcept : shown_(shown) {}

    void tell(Time when, std::string_view who, std::string_view what, std::uint64_t number,
              std::string_view detail = {});

    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

private:
    void mix(std::uint64_t number) noexcept;
    void mix(std::string_view text) noexcept;

    std::uint64_t digest_ = 0xCBF29CE484222325U;
    Shown shown_;
};

}  // namespace longwire::simulation
