#pragma once

#include "access/channel_rule.hpp"
#include "dialects/gate.hpp"
#include "hub/publication.hpp"

namespace longwire::dialects {

/// Says in `content` who sends it, as far as others on the channel may know: the name of a visitor
/// that has one, and their information where it is known who is there. Views what it is given.
inline void name_sender(hub::Content& content, const Visitor& visitor,
                        const access::ChannelRule& rule) noexcept {
    content.user = visitor.user;
    if (rule.keeps_presence && !visitor.user.empty()) content.info = visitor.info;
}

}  // namespace longwire::dialects
