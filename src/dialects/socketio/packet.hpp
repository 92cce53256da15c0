#pragma once

#include <longwire/message.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::socketio {

/// Socket.IO, protocol 5: the kinds of packet, by their digit.
enum class PacketType : std::uint8_t {
    connect,
    disconnect,
    event,
    ack,
    connect_error,
    binary_event,
    binary_ack,
};

/// One packet, without the bytes that come after it: views of what it was read from.
struct Packet {
    PacketType type = PacketType::event;
    std::string_view name_space = "/";
    std::optional<std::uint64_t> id = std::nullopt;
    std::string_view data = {};  // JSON; empty where there is none
    std::size_t attachments = 0;

    [[nodiscard]] bool is_binary() const noexcept {
        return type == PacketType::binary_event || type == PacketType::binary_ack;
    }
};

/// What a packet may be.
struct PacketLimits {
    std::size_t attachments = 64;
    std::size_t bytes = std::size_t{4} * 1000 * 1000;  // of its text and all its attachments
};

inline constexpr std::size_t longest_namespace = 201;

/// The error is a sentence for whoever sent it.
template <class T>
using Reading = std::expected<T, std::string_view>;

/// Reads the text of a packet, and judges all of it: what its data must be for its type, and that
/// placeholders stand for attachments that it announces.
[[nodiscard]] Reading<Packet> read_packet(std::string_view text, const PacketLimits& limits);
[[nodiscard]] std::string write_packet(const Packet& packet);

/// A packet with all that belongs to it.
struct WholePacket {
    std::string text;  // that `packet` views
    Packet packet;
    std::vector<std::string> attachments;
};

/// Joins packets and the attachments that come after them.
class PacketReader {
public:
    explicit PacketReader(const PacketLimits& limits) noexcept : limits_(limits) {}

    /// Takes what came in one Engine.IO message; null while more belongs to the packet. What was
    /// given is valid until the next call.
    [[nodiscard]] Reading<const WholePacket*> take(Message message);

private:
    PacketLimits limits_;
    WholePacket whole_;
    std::size_t missing_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace longwire::dialects::socketio
