#pragma once

#include "http/fault.hpp"
#include "http/head_scanner.hpp"
#include "http/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace longwire::http {

/// Removes the chunked transfer coding (RFC 9112, section 7.1). It is our own, since llhttp 8
/// accepts trailer lines that other parsers end elsewhere, and sets no bound to chunk extensions.
/// Extensions and trailers are dropped; together they may not go beyond `max_head_size`.
class ChunkedDecoder {
public:
    enum class Status : std::uint8_t { need_more, complete, failed };

    struct Decoded {
        std::size_t consumed = 0;
        Status status = Status::need_more;
    };

    explicit ChunkedDecoder(const Limits& limits) noexcept;

    /// Appends content to `body`; 413 as soon as a chunk is announced that would take it beyond
    /// `max_body_size`. Grows `body` only by what came.
    [[nodiscard]] Decoded decode(std::span<const std::byte> bytes, std::vector<char>& body);

    [[nodiscard]] const Fault& fault() const noexcept { return fault_.get(); }

private:
    enum class State : std::uint8_t { size, extension, size_end, data, data_cr, data_lf, trailers };

    [[nodiscard]] bool take(char letter, std::size_t body_size);
    [[nodiscard]] bool take_size(char letter);
    [[nodiscard]] bool take_extension(char letter);
    [[nodiscard]] bool end_size_line(char letter, std::size_t body_size);
    bool fail(int status, std::string_view words);

    Limits limits_;
    std::uint64_t remaining_ = 0;
    std::size_t extension_bytes_ = 0;
    unsigned digits_ = 0;
    State state_ = State::size;
    HeadScanner trailers_;
    RareFault fault_;
};

}  // namespace longwire::http
