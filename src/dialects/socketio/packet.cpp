#include "dialects/socketio/packet.hpp"

#include "access/json_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t deepest = 64;
// JavaScript counts no further.
constexpr std::uint64_t largest_id = (std::uint64_t{1} << 53U) - 1;

constexpr std::array<std::string_view, 6> reserved_events = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

std::unexpected<std::string_view> malformed(std::string_view sentence) {
    return std::unexpected(sentence);
}

bool is_digit(char letter) noexcept {
    return letter >= '0' && letter <= '9';
}

/// Takes the digits off the front of `text`. Nothing where there are none, or they say too much.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || number > largest_id) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return number;
}

bool is_placeholder(const simdjson::dom::object& object) {
    bool placeholder = false;
    return object["_placeholder"].get(placeholder) == simdjson::SUCCESS && placeholder;
}

/// Whether each placeholder stands for one of `attachments`. (It cannot be deeper than the parser
/// allowed.)
// NOLINTNEXTLINE(misc-no-recursion)
bool placeholders_fit(const element& value, std::size_t attachments) {
    if (value.type() == element_type::ARRAY) {
        const simdjson::dom::array array = value.get_array().value_unsafe();
        return std::ranges::all_of(
            array, [&](const element& one) { return placeholders_fit(one, attachments); });
    }
    if (value.type() != element_type::OBJECT) return true;
    const simdjson::dom::object object = value.get_object().value_unsafe();
    if (is_placeholder(object)) {
        std::uint64_t number = 0;
        return object["num"].get(number) == simdjson::SUCCESS && number < attachments;
    }
    return std::ranges::all_of(object, [&](const simdjson::dom::key_value_pair& field) {
        return placeholders_fit(field.value, attachments);
    });
}

bool is_event(const element& value) {
    simdjson::dom::array arguments;
    element name;
    if (value.get(arguments) != simdjson::SUCCESS || arguments.at(0).get(name) != simdjson::SUCCESS)
        return false;
    std::string_view text;
    if (name.get(text) == simdjson::SUCCESS)
        return std::ranges::find(reserved_events, text) == reserved_events.end();
    return name.is_number();
}

/// Whether the data may be that of such a packet.
bool fits(PacketType type, const element* data) {
    switch (type) {
        case PacketType::connect:
            return data == nullptr || data->is_object();
        case PacketType::disconnect:
            return data == nullptr;
        case PacketType::connect_error:
            return data != nullptr && (data->is_object() || data->is_string());
        case PacketType::event:
        case PacketType::binary_event:
            return data != nullptr && is_event(*data);
        case PacketType::ack:
        case PacketType::binary_ack:
            break;
    }
    return data != nullptr && data->is_array();
}

Reading<void> judge_data(const Packet& packet) {
    if (packet.data.empty())
        return fits(packet.type, nullptr) ? Reading<void>{} : malformed("data is missing");
    thread_local simdjson::dom::parser parser;
    element data;
    if (access::parse_json(parser, packet.data, deepest).get(data) != simdjson::SUCCESS)
        return malformed("the data is not JSON, or is too deep");
    if (!fits(packet.type, &data))
        return malformed("the data is not valid for this type of packet");
    if (!placeholders_fit(data, packet.attachments))
        return malformed("a placeholder has no attachment");
    return {};
}

}  // namespace

Reading<Packet> read_packet(std::string_view text, const PacketLimits& limits) {
    if (text.empty() || text.front() < '0' || text.front() > '6')
        return malformed("the type of the packet is unknown");
    if (text.size() > limits.bytes) return malformed("the packet is too large");
    Packet packet = {.type = static_cast<PacketType>(text.front() - '0')};
    text.remove_prefix(1);
    if (packet.is_binary()) {
        const auto count = take_number(text);
        if (!count || !text.starts_with('-'))
            return malformed("the number of attachments is missing");
        if (*count > limits.attachments) return malformed("the packet has too many attachments");
        packet.attachments = *count;
        text.remove_prefix(1);
    }
    if (text.starts_with('/')) {
        const std::size_t end = std::min(text.find(','), text.size());
        packet.name_space = text.substr(0, end);
        if (end > longest_namespace) return malformed("the namespace's name is too long");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!text.empty() && is_digit(text.front())) {
        packet.id = take_number(text);
        if (!packet.id) return malformed("the id is too large");
    }
    packet.data = text;
    if (const auto judged = judge_data(packet); !judged) return malformed(judged.error());
    return packet;
}

std::string write_packet(const Packet& packet) {
    std::string text;
    text.reserve(packet.name_space.size() + packet.data.size() + 32);
    text += static_cast<char>('0' + static_cast<char>(packet.type));
    if (packet.is_binary()) {
        text += std::to_string(packet.attachments);
        text += '-';
    }
    if (packet.name_space != "/") {
        text += packet.name_space;
        text += ',';
    }
    if (packet.id) text += std::to_string(*packet.id);
    text += packet.data;
    return text;
}

Reading<const WholePacket*> PacketReader::take(Message message) {
    if (missing_ > 0) {
        if (message.is_text())
            return malformed("a text arrived instead of the announced attachment");
        bytes_ += message.size();
        if (bytes_ > limits_.bytes) return malformed("the packet is too large");
        whole_.attachments.emplace_back(message.text());
        return --missing_ == 0 ? &whole_ : nullptr;
    }
    if (!message.is_text()) return malformed("an attachment arrived that was not announced");
    whole_.attachments.clear();
    whole_.text = message.text();
    const auto packet = read_packet(whole_.text, limits_);
    if (!packet) return malformed(packet.error());
    whole_.packet = *packet;
    missing_ = packet->attachments;
    bytes_ = whole_.text.size();
    return missing_ == 0 ? &whole_ : nullptr;
}

}  // namespace longwire::dialects::socketio
