#pragma once

#include "http/chunked_decoder.hpp"
#include "http/fault.hpp"
#include "http/limits.hpp"
#include "http/message_framing.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace longwire::http {

/// Takes the content of one message out of the bytes that follow its head.
class BodyReader {
public:
    enum class Status : std::uint8_t {
        need_more,  ///< All bytes were consumed.
        complete,   ///< What was not consumed belongs to the next message.
        failed,     ///< See fault().
    };

    struct Read {
        std::size_t consumed = 0;
        Status status = Status::need_more;
    };

    BodyReader() noexcept : BodyReader(Framing{}, Limits{}) {}
    BodyReader(const Framing& framing, const Limits& limits) noexcept
        : framing_(framing), max_size_(limits.max_body_size), chunks_(limits) {}

    /// Appends content to `body`, which grows only by what came. More than `max_body_size` is a
    /// fault of status 413: at once where the size is announced.
    [[nodiscard]] Read read(std::span<const std::byte> bytes, std::vector<char>& body);

    /// Whether nothing but the end of the connection tells that the content is whole.
    [[nodiscard]] bool ends_with_connection() const noexcept {
        return framing_.kind == Framing::Kind::until_close;
    }

    [[nodiscard]] const Fault& fault() const noexcept { return fault_.get(); }

private:
    [[nodiscard]] Read read_length(std::span<const std::byte> bytes, std::vector<char>& body);
    [[nodiscard]] Read read_chunks(std::span<const std::byte> bytes, std::vector<char>& body);
    [[nodiscard]] Read read_until_close(std::span<const std::byte> bytes, std::vector<char>& body);
    Read fail_too_large();

    Framing framing_;
    std::size_t max_size_;
    ChunkedDecoder chunks_;
    RareFault fault_;
};

}  // namespace longwire::http
