#pragma once

#include "hub/publication.hpp"

#include <cstdint>
#include <string>

namespace longwire::hub {

/// Somebody who is on a channel; one, however many connections they have.
struct Presence {
    std::string user;
    std::string info;  // JSON, or nothing
};

/// Somebody came or went, or is there with other information than before.
struct PresenceChange {
    enum class Kind : std::uint8_t { joined, left, changed };

    std::string channel;
    Kind kind = Kind::joined;
    Presence who;
    MemberId member;  // through which they came or changed, where it is known here
};

}  // namespace longwire::hub
