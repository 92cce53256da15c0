// How a fan-out is spoken in each dialect: what one says, what all others get, and how they come.
#pragma once

#include "wire.hpp"

#include <cstddef>
#include <string>
#include <string_view>

struct Audience {
    std::string path;        // of those who receive
    std::string publish;     // the frame of one message, from the one who sends
    std::size_t answer = 0;  // bytes of one message for those who receive; of `events`: 0
    bool events = false;     // they are EventSources, and the sizes of what they get differ
};

/// `kind`: fan, events, pusher or socketio. `payload` is what is published.
Audience audience_of(std::string_view kind, const std::string& path, const std::string& payload);

/// What has to be said after the handshake, until there is no more to it.
void enter(std::string_view kind, Wire& wire);

/// Opens a stream of events, and reads its head and its first event.
void open_events(Wire& wire, const std::string& path);
/// Ends of events in what came; `before` is its last byte from one call to the next.
std::size_t events_in(std::string_view bytes, char& before);
