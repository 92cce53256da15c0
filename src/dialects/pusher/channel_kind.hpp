#pragma once

#include <cstddef>
#include <string_view>

namespace longwire::dialects::pusher {

inline constexpr std::size_t longest_name = 200;  // of a channel, and of an event

/// What a channel is, which its name says.
struct ChannelKind {
    bool authorized = false;  ///< Needs a signature: private-, presence-.
    bool presence = false;
    bool encrypted = false;  ///< What is published there cannot be read here.
    bool cache = false;      ///< Whoever subscribes gets the last event first.
    bool of_user = false;    ///< #server-to-user-ID: for those who have signed in as that user.
};
[[nodiscard]] ChannelKind kind_of(std::string_view channel) noexcept;

/// Whether clients may subscribe to a channel of that name: 1 to 200 letters, digits and
/// _ - = @ , . ; or #server-to-user- and a user, in UTF-8.
[[nodiscard]] bool is_channel_name(std::string_view name) noexcept;
/// The user of a channel that is one's; empty where it is none.
[[nodiscard]] std::string_view user_of(std::string_view channel) noexcept;
[[nodiscard]] constexpr std::string_view user_channel_prefix() noexcept {
    return "#server-to-user-";
}

}  // namespace longwire::dialects::pusher
