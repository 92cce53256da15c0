#include "dialects/pusher/channel_kind.hpp"

#include "engine/http/cross_origin.hpp"

#include <algorithm>

namespace longwire::dialects::pusher {

namespace {

bool is_name_letter(char letter) noexcept {
    constexpr std::string_view others = "_-=@,.;";
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || others.find(letter) != std::string_view::npos;
}

}  // namespace

ChannelKind kind_of(std::string_view channel) noexcept {
    ChannelKind kind;
    if (channel.starts_with(user_channel_prefix())) {
        kind.of_user = true;
        return kind;
    }
    std::string_view rest = channel;
    const auto take = [&rest](std::string_view prefix) {
        const bool there = rest.starts_with(prefix);
        if (there) rest.remove_prefix(prefix.size());
        return there;
    };
    if (take("private-encrypted-"))
        kind.authorized = kind.encrypted = true;
    else if (take("private-"))
        kind.authorized = true;
    else if (take("presence-"))
        kind.authorized = kind.presence = true;
    kind.cache = rest.starts_with("cache-");
    return kind;
}

bool is_channel_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > longest_name) return false;
    if (!name.starts_with('#')) return std::ranges::all_of(name, is_name_letter);
    return !user_of(name).empty() && engine::is_utf8(name) &&
           std::ranges::none_of(name, [](char letter) {
               const auto number = static_cast<unsigned char>(letter);
               return number < 0x20 || number == 0x7F;
           });
}

std::string_view user_of(std::string_view channel) noexcept {
    if (!channel.starts_with(user_channel_prefix())) return {};
    return channel.substr(user_channel_prefix().size());
}

}  // namespace longwire::dialects::pusher
