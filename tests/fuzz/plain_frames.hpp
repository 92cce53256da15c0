#pragma once

#include "plain_utf8.hpp"

#include "protocol/role.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace longwire::fuzz {

/// What a stream of frames says, read frame by frame from RFC 6455, section 5, without any haste.
struct PlainReading {
    enum class End : std::uint8_t { open, closed, failed };

    std::string log;  ///< One line an event, as Recorder writes it.
    int code = 0;     ///< failed: what to close with.
    End end = End::open;
};

class PlainReader {
public:
    PlainReader(protocol::Role role, std::size_t limit, bool compressible)
        : role_(role), limit_(limit), compressible_(compressible) {}

    /// Takes whole frames until there is none; of the last, unfinished one, nothing is said.
    PlainReading read(std::string_view input) {
        while (reading_.end == PlainReading::End::open && take_frame(input)) {
        }
        return reading_;
    }

private:
    static std::uint8_t at(std::string_view text, std::size_t place) {
        return static_cast<std::uint8_t>(text[place]);
    }

    bool fail(int code) {
        reading_.code = code;
        reading_.end = PlainReading::End::failed;
        return false;
    }

    bool take_frame(std::string_view& input) {
        if (input.size() < 2) return false;
        const bool fin = (at(input, 0) & 0x80) != 0;
        const unsigned reserved = at(input, 0) >> 4U & 7U;
        const unsigned opcode = at(input, 0) & 15U;
        const bool masked = (at(input, 1) & 0x80) != 0;
        std::uint64_t length = at(input, 1) & 0x7FU;
        if (reserved != 0 && !(compressible_ && reserved == 4 && (opcode == 1 || opcode == 2)))
            return fail(1002);
        if ((opcode > 2 && opcode < 8) || opcode > 10) return fail(1002);
        if (opcode >= 8 && (!fin || length > 125)) return fail(1002);
        if (masked != (role_ == protocol::Role::server)) return fail(1002);
        const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
        std::size_t place = 2 + extended;
        if (input.size() < place) return false;
        if (extended > 0) length = 0;
        for (std::size_t index = 2; index < place; ++index)
            length = length << 8U | at(input, index);
        if (length >> 63U != 0) return fail(1002);
        if ((extended == 2 && length < 126) || (extended == 8 && length < 65536)) return fail(1002);
        if (masked) place += 4;
        if (input.size() < place) return false;
        if (opcode < 8 && !begin_data(opcode, reserved != 0, length)) return false;
        if (length > input.size() - place) return false;
        std::string payload(input.substr(place, static_cast<std::size_t>(length)));
        for (std::size_t index = 0; masked && index < payload.size(); ++index)
            payload[index] =
                static_cast<char>(at(payload, index) ^ at(input, place - 4 + index % 4));
        input.remove_prefix(place + payload.size());
        return opcode < 8 ? take_data(fin, payload) : take_control(opcode, payload);
    }

    bool begin_data(unsigned opcode, bool compressed, std::uint64_t length) {
        if ((opcode == 0) != in_message_) return fail(1002);
        if (opcode != 0) {
            compressed_ = compressed;
            text_ = opcode == 1;
            message_.clear();
        }
        const std::uint64_t most = compressed_ ? limit_ + limit_ / 8 + 1024 : limit_;
        return message_.size() + length <= most || fail(1009);
    }

    bool take_data(bool fin, const std::string& payload) {
        message_ += payload;
        in_message_ = !fin;
        const bool judged = text_ && !compressed_;
        if (judged && !may_become_plain_utf8(message_)) return fail(1007);
        if (!fin) return true;
        if (judged && !is_plain_utf8(message_)) return fail(1007);
        reading_.log += std::string(compressed_ ? "compressed " : "") +
                        (text_ ? "text " : "binary ") + message_ + "\n";
        return true;
    }

    bool take_control(unsigned opcode, const std::string& payload) {
        if (opcode != 8) {
            reading_.log += (opcode == 9 ? "ping " : "pong ") + payload + "\n";
            return true;
        }
        int code = 1005;
        if (payload.size() == 1) return fail(1002);
        if (payload.size() >= 2) {
            code = at(payload, 0) * 256 + at(payload, 1);
            const bool assigned = (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006));
            if (!assigned && (code < 3000 || code > 4999)) return fail(1002);
            if (!is_plain_utf8(std::string_view(payload).substr(2))) return fail(1007);
        }
        reading_.log += "close " + std::to_string(code) + " " +
                        (payload.size() > 2 ? payload.substr(2) : "") + "\n";
        reading_.end = PlainReading::End::closed;
        return false;
    }

    PlainReading reading_;
    std::string message_;
    protocol::Role role_;
    std::size_t limit_;
    bool compressible_;
    bool in_message_ = false;
    bool compressed_ = false;
    bool text_ = false;
};

}  // namespace longwire::fuzz
