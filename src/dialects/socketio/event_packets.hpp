#pragma once

#include "dialects/socketio/engineio_session.hpp"
#include "hub/publication.hpp"

#include <longwire/socketio.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::socketio {

/// Whether the client keeps this name for events of its own; nothing may be emitted under it.
[[nodiscard]] bool is_reserved_event(std::string_view name) noexcept;

/// Where an event belongs, and what is told beside its arguments.
struct EventFrame {
    std::string_view name_space = "/";
    std::optional<std::uint64_t> id = std::nullopt;  // where an acknowledgement is asked for
    std::string_view channel = {};                   // to be told; empty: not
    std::string_view user = {};                      // to be told with the channel
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

/// What was published, encoded once for each application and namespace that it goes to. Any thread.
class NamespacePackets {
public:
    struct Empty {};
    explicit NamespacePackets(Empty /*empty*/) {}

    /// `make` is called for the first who asks. What it gives is valid as long as this.
    template <class Make>
    [[nodiscard]] const SharedPackets& of(const void* application, const std::string& name_space,
                                          Make&& make) const {
        const std::scoped_lock lock(mutex_);
        const auto [entry, is_new] = made_.try_emplace({application, name_space});
        if (is_new) entry->second = make();
        return entry->second;
    }

private:
    mutable std::mutex mutex_;
    mutable std::map<std::pair<const void*, std::string>, SharedPackets> made_;
};

/// The packets of an event for all who get it.
[[nodiscard]] SharedPackets packets_of_event(const EventFrame& frame, const EventContent& content);
[[nodiscard]] SharedPackets packets_of(const hub::Publication& publication,
                                       const EventFrame& frame);

/// The other way: an event to be published. Views what it is made of.
[[nodiscard]] hub::Content content_of(std::string_view event,
                                      const longwire::socketio::Arguments& arguments,
                                      std::string& memory);

}  // namespace longwire::dialects::socketio
