#pragma once

#include "protocol/match_finder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace longwire::protocol {

/// Compresses messages into DEFLATE blocks (RFC 1951), made for short ones: what begins with each
/// message takes little, and the tables are small.
class Deflater {
public:
    /// Nothing reaches back further than 2^`window_bits` bytes (8 to 15); with a context, into
    /// earlier messages too. Bytes are counted from `first_place` on, which is not 0; the tables
    /// are cleared when 32 bits do not hold more.
    Deflater(int window_bits, bool keep_context, std::uint32_t first_place = least_place);

    /// Writes the message to `output`, as RFC 7692, section 7.2.1 has it, without the four bytes
    /// that are left out, and gives the size. Nothing where that would not be smaller than the
    /// message: what the next may refer to is then forgotten. `output` has room for as many bytes
    /// as the message, and for `slack` more. A message is shorter than 2 GiB.
    [[nodiscard]] std::optional<std::size_t> deflate(std::span<const std::byte> message,
                                                     std::span<std::byte> output);
    static constexpr std::size_t slack = 16;

private:
    // What an empty table holds, 0, is older.
    static constexpr std::uint32_t least_place = 1;

    /// The text to look in: the message, after what it may refer to.
    [[nodiscard]] MatchFinder::Input begin(std::span<const std::byte> message);

    MatchFinder finder_;
    std::vector<std::byte> window_;  ///< with a context: the last bytes, and the message
    std::uint32_t next_place_;
    std::uint32_t farthest_;
    bool keep_context_;
};

}  // namespace longwire::protocol
