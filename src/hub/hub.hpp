#pragma once

#include "hub/member.hpp"

#include <longwire/message.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::hub {

/// The channels of a server: made by the first subscription, gone with the last. Belongs to one
/// loop's thread.
class Hub {
public:
    Hub();
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Does nothing where `member` is subscribed already. A member must unsubscribe before it goes.
    void subscribe(std::string_view channel, Member& member);
    void unsubscribe(std::string_view channel, Member& member);

    /// Delivers `message` to every member of `channel` but `except`, encoded once a dialect.
    void publish(std::string_view channel, Message message, const Member* except = nullptr);

    [[nodiscard]] std::size_t channel_count() const noexcept { return channels_.size(); }
    [[nodiscard]] std::size_t member_count(std::string_view channel) const;

private:
    class Channel;
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    std::unordered_map<std::string, std::unique_ptr<Channel>, TextHash, std::equal_to<>> channels_;
};

}  // namespace longwire::hub
