#pragma once

#include "http/fault.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace longwire::http {

/// Finds the end of a message's head, or of a trailer section, and lets only lines pass on whose
/// ends all parsers agree: each ends in CRLF, none is folded, no name has white space
/// beside it, no value holds a control character. What smuggles requests past a proxy fails here.
/// Keeps none of the bytes.
class HeadScanner {
public:
    enum class Kind : std::uint8_t { request, response, trailers };

    enum class Status : std::uint8_t {
        need_more,   ///< All bytes were consumed.
        empty_line,  ///< An empty line before a request (RFC 9112, section 2.2): to be forgotten.
        start_line,  ///< The first line ended here; go on with what follows it.
        complete,    ///< The head ended here.
        failed,      ///< See fault(); the scanner is of no more use.
    };

    struct Scanned {
        std::size_t consumed = 0;
        Status status = Status::need_more;
    };

    /// `max_size` counts all bytes but the empty line before a request; both bounds are allowed.
    HeadScanner(Kind kind, std::size_t max_size, std::size_t max_fields) noexcept;

    [[nodiscard]] Scanned scan(std::span<const std::byte> bytes);

    [[nodiscard]] const Fault& fault() const noexcept { return fault_.get(); }
    /// The fields that have begun.
    [[nodiscard]] std::size_t fields() const noexcept { return fields_; }
    /// Whether the first line has not ended yet.
    [[nodiscard]] bool in_start_line() const noexcept {
        return line_ == 1 && kind_ != Kind::trailers;
    }

private:
    enum class State : std::uint8_t {
        start,
        empty_line_end,
        tls_record,
        start_line,
        start_line_end,
        field_start,
        field_name,
        field_value,
        field_value_end,
        end,
    };

    [[nodiscard]] std::size_t run(std::span<const std::byte> bytes) noexcept;
    [[nodiscard]] std::size_t whole_field(std::span<const std::byte> bytes) noexcept;
    [[nodiscard]] Status take(char letter);
    [[nodiscard]] Status take_first(char letter);
    [[nodiscard]] Status take_start_line(char letter);
    [[nodiscard]] Status take_field_start(char letter);
    [[nodiscard]] Status take_field_name(char letter);
    [[nodiscard]] Status take_field_value(char letter);
    [[nodiscard]] Status take_line_feed(char letter, State next, Status status);
    Status fail(int status, std::string_view words);
    Status fail_at_line(std::string_view words);

    std::size_t max_size_;
    std::size_t max_fields_;
    std::size_t size_ = 0;
    // (Of a head whose size fits in 32 bits, as a Request has it.)
    std::uint32_t fields_ = 0;
    std::uint32_t line_ = 1;
    Kind kind_;
    State state_;
    bool empty_line_seen_ = false;
    RareFault fault_;
};

}  // namespace longwire::http
