#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace longwire::engine {

/// The last descriptors that this process may have: they are no connections', so that files can be
/// read, names looked up, and the operator be answered, however many clients come. On one loop.
class DescriptorReserve {
public:
    enum class Left : std::uint8_t {
        enough,
        few,  ///< A connection may take one for as long as it is told that there are too many.
        hardly_any  ///< It is told at once, or not at all.
    };
    /// What is left behind `descriptor`, which was free a moment ago: they are given out from the
    /// lowest. The limit may change at any time.
    [[nodiscard]] static Left left_behind(int descriptor) noexcept;
    /// Servers of no more connections than this may take them for these.
    static constexpr std::size_t size = 64;

    /// Says in the log that clients are refused: once, until that has been over for a minute.
    void tell();

private:
    std::optional<std::chrono::steady_clock::time_point> refused_;
};

}  // namespace longwire::engine
