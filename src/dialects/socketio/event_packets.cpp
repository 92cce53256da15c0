#include "dialects/socketio/event_packets.hpp"

#include "dialects/json_text.hpp"
#include "dialects/socketio/engineio_packet.hpp"
#include "dialects/socketio/packet.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace longwire::dialects::socketio {

namespace {

constexpr std::array<std::string_view, 6> reserved = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
constexpr std::string_view usual_event = "message";
constexpr std::string_view first_placeholder = R"({"_placeholder":true,"num":0})";

}  // namespace

bool is_reserved_event(std::string_view name) noexcept {
    return std::ranges::find(reserved, name) != reserved.end();
}

std::string event_packet(const EventFrame& frame, std::string_view event, std::string_view elements,
                         std::size_t attachments) {
    std::string data;
    data.reserve(event.size() + elements.size() + frame.channel.size() + frame.offset.size() + 32);
    data += '[';
    append_quoted(data, is_reserved_event(event) || event.empty() ? usual_event : event);
    if (!elements.empty()) {
        data += ',';
        data += elements;
    }
    if (!frame.channel.empty()) {
        data += R"(,{"channel":)";
        append_quoted(data, frame.channel);
        if (!frame.user.empty()) {
            data += R"(,"user":)";
            append_quoted(data, frame.user);
        }
        data += '}';
    }
    if (!frame.offset.empty()) {
        data += ',';
        append_quoted(data, frame.offset);
    }
    data += ']';
    return write_packet({.type = attachments > 0 ? PacketType::binary_event : PacketType::event,
                         .name_space = frame.name_space,
                         .id = frame.id,
                         .data = data,
                         .attachments = attachments});
}

EventContent content_of(const hub::Publication& publication) {
    EventContent content = {.name = publication.event(), .elements = {}, .attachments = {}};
    const Message message = publication.message();
    if (!message.is_text()) {
        content.elements = first_placeholder;
        content.attachments.push_back(message.text());
        return content;
    }
    switch (publication.form()) {
        case hub::Form::plain:
            append_quoted(content.elements, message.text());
            break;
        case hub::Form::json:
            content.elements = message.text();
            break;
        case hub::Form::arguments: {
            std::string_view array = message.text();
            array = array.substr(array.find('[') + 1);
            array = array.substr(0, array.rfind(']'));
            const std::size_t begin = array.find_first_not_of(" \t\r\n");
            if (begin != std::string_view::npos) content.elements = array.substr(begin);
            for (const std::string& attachment : publication.attachments())
                content.attachments.emplace_back(attachment);
        }
    }
    return content;
}

SharedPackets packets_of(const hub::Publication& publication, const EventFrame& frame) {
    EventContent content = content_of(publication);
    if (content.name == frame.kept_name) content.name = {};
    return packets_of_event(frame, content);
}

SharedPackets packets_of_event(const EventFrame& frame, const EventContent& content) {
    const std::string text =
        event_packet(frame, content.name, content.elements, content.attachments.size());
    SharedPackets packets;
    append_packet(packets.payload, EnginePacketType::message, text);
    // (So far the payload is one packet, and so what a frame holds.)
    packets.frames.emplace_back(Message::text(packets.payload));
    for (const std::string_view attachment : content.attachments) {
        const Message bytes = Message::binary(std::as_bytes(std::span(attachment)));
        packets.frames.emplace_back(bytes);
        append_message(packets.payload, bytes);
    }
    return packets;
}

hub::Content content_of(std::string_view event, const longwire::socketio::Arguments& arguments,
                        std::string& memory) {
    const auto& attachments = arguments.attachments();
    if (arguments.size() == 1 && attachments.empty()) {
        if (auto text = arguments.text(0)) {
            memory = std::move(*text);
            return {.message = Message::text(memory), .event = event};
        }
        return {
            .message = Message::text(arguments.json(0)), .event = event, .form = hub::Form::json};
    }
    if (arguments.size() == 1 && attachments.size() == 1)
        if (const auto bytes = arguments.bytes(0))
            return {.message = Message::binary(*bytes), .event = event};
    memory = arguments.array();
    return {.message = Message::text(memory),
            .event = event,
            .form = hub::Form::arguments,
            .attachments = attachments};
}

}  // namespace longwire::dialects::socketio
