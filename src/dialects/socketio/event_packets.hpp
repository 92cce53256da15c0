#pragma once

#include "dialects/socketio/engine_session.hpp"
#include "hub/publication.hpp"

#include <longwire/socketio.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::socketio {

/// Whether the client keeps this name for events of its own; nothing may be emitted under it.
[[nodiscard]] bool is_reserved_event(std::string_view name) noexcept;

/// Where an event belongs, and what is told beside its arguments.
struct EventFrame {
    std::string_view name_space = "/";
    std::optional<std::uint64_t> id = std::nullopt;  // where an acknowledgement is asked for
    std::string_view channel = {};                   // to be told; empty: not
    std::string_view offset = {};                    // for recovery; empty: none
    std::string_view kept_name = {};                 // that no publication may have
};

/// The text of an event's packet; its attachments come after it. One whose name is reserved is a
/// "message".
[[nodiscard]] std::string event_packet(const EventFrame& frame, std::string_view event,
                                       std::string_view elements, std::size_t attachments);

/// What was published, as the arguments of an event: texts and bytes as one, a value in JSON as
/// that value, arguments as they are.
struct EventContent {
    std::string_view name;
    std::string elements;  // in JSON, with commas between them
    std::vector<std::string_view> attachments;
};
[[nodiscard]] EventContent content_of(const hub::Publication& publication);

/// The packets of an event for all who get it.
[[nodiscard]] SharedPackets packets_of_event(const EventFrame& frame, const EventContent& content);
[[nodiscard]] SharedPackets packets_of(const hub::Publication& publication,
                                       const EventFrame& frame);

/// The other way: an event to be published. Views what it is made of.
[[nodiscard]] hub::Content content_of(std::string_view event,
                                      const longwire::socketio::Arguments& arguments,
                                      std::string& memory);

}  // namespace longwire::dialects::socketio
