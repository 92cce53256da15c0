#include "frames.hpp"

#include "finding.hpp"
#include "wire.hpp"

#include <array>

namespace longwire::stateful {

namespace {

constexpr std::size_t most_taken = std::size_t{256} * 1024;

std::uint8_t byte_at(std::string_view text, std::size_t index) noexcept {
    return static_cast<std::uint8_t>(text[index]);
}

std::uint64_t big_endian(std::string_view bytes) noexcept {
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8U | static_cast<std::uint8_t>(byte);
    return number;
}

void append_big_endian(std::string& to, std::uint64_t number, unsigned bytes) {
    for (unsigned left = bytes; left > 0; --left)
        to += static_cast<char>(number >> (8U * (left - 1)) & 0xFFU);
}

}  // namespace

std::string client_frame(Chance& chance, std::string_view payload, std::uint8_t opcode,
                         bool final) {
    std::string frame;
    frame += static_cast<char>((final ? 0x80U : 0U) | opcode);
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80U | payload.size());
    } else if (payload.size() < 65536) {
        frame += static_cast<char>(0x80U | 126U);
        append_big_endian(frame, payload.size(), 2);
    } else {
        frame += static_cast<char>(0x80U | 127U);
        append_big_endian(frame, payload.size(), 8);
    }
    std::array<std::uint8_t, 4> key = {};
    for (auto& byte : key) byte = static_cast<std::uint8_t>(chance.byte());
    for (const std::uint8_t byte : key) frame += static_cast<char>(byte);
    for (std::size_t index = 0; index < payload.size(); ++index)
        frame += static_cast<char>(byte_at(payload, index) ^ key.at(index % 4));
    return frame;
}

std::optional<Frames::Frame> Frames::next() {
    if (taken_ == wire_.in.size() || taken_ > most_taken) {
        wire_.in.erase(0, taken_);
        taken_ = 0;
    }
    const std::string_view in = std::string_view(wire_.in).substr(taken_);
    if (in.size() < 2) return std::nullopt;
    std::uint64_t size = byte_at(in, 1);
    if (size > 127) found("a server's frame is masked");
    std::size_t head = 2;
    if (size >= 126) {
        const std::size_t bytes = size == 126 ? 2 : 8;
        head += bytes;
        if (in.size() < head) return std::nullopt;
        size = big_endian(in.substr(2, bytes));
        if (size < (bytes == 2 ? 126U : 65536U))
            found("the size of a server's frame takes more bytes than it has to");
    }
    const std::uint8_t first = byte_at(in, 0);
    check(first, size);
    if (in.size() < head + size) return std::nullopt;
    Frame frame = {.opcode = static_cast<std::uint8_t>(first & 0x0FU),
                   .payload = std::string(in.substr(head, size))};
    taken_ += head + size;
    if (frame.opcode < 8) in_parts_ = (first & 0x80U) == 0;
    if (frame.opcode == closing) note_close(frame.payload);
    return frame;
}

void Frames::check(std::uint8_t first, std::size_t size) {
    const unsigned opcode = first & 0x0FU;
    if (closed_) found("a server's frame comes after its close frame");
    if ((first & 0x70U) != 0) found("a server's frame has reserved bits set");
    if (opcode > 10 || (opcode > 2 && opcode < 8))
        found("a server's frame has the opcode " + std::to_string(opcode) + ", which is none");
    if (opcode >= 8 && ((first & 0x80U) == 0 || size > 125))
        found("a server's control frame is fragmented or too long");
    if (opcode < 8 && (opcode == more) != in_parts_)
        found("a server's frame does not fit the one before it: opcode " + std::to_string(opcode));
    if (size > std::size_t{64} * 1024 * 1024) found("a server's frame is absurdly large");
}

void Frames::note_close(std::string_view payload) {
    closed_ = true;
    if (payload.size() == 1) found("a server's close frame has half a code");
    if (payload.size() >= 2) code_ = static_cast<unsigned>(big_endian(payload.substr(0, 2)));
}

}  // namespace longwire::stateful
