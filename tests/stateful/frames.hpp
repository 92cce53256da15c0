#pragma once

#include "chance.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::stateful {

class Wire;
using simulation::Chance;

enum Opcode : std::uint8_t { more = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

/// A client's frame.
[[nodiscard]] std::string client_frame(Chance& chance, std::string_view payload,
                                       std::uint8_t opcode = text, bool final = true);

/// What a server sends on a WebSocket, frame by frame. What a client must not accept (RFC 6455,
/// section 5) is a finding.
class Frames {
public:
    explicit Frames(Wire& wire) noexcept : wire_(wire) {}

    struct Frame {
        std::uint8_t opcode = 0;
        std::string payload;
    };
    /// The next that is whole, if there is one; those of a message in parts one by one.
    std::optional<Frame> next();
    /// After a close frame.
    [[nodiscard]] std::optional<unsigned> code() const noexcept { return code_; }

private:
    void check(std::uint8_t first, std::size_t size);
    void note_close(std::string_view payload);

    Wire& wire_;
    std::size_t taken_ = 0;  // of what came: it is not moved for each frame
    bool in_parts_ = false;
    bool closed_ = false;
    std::optional<unsigned> code_;
};

}  // namespace longwire::stateful
