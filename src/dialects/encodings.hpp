#pragma once

#include <cstddef>

namespace longwire::dialects {

/// What dialects make of a publication once for all who get it: numbers of
/// `hub::Publication::encoded`.
enum Encoding : std::size_t {
    raw_frame,
    raw_json_frame,
    raw_event_chunk,
    raw_json_event_chunk,
    pusher_frame,
    socketio_packets,
};

}  // namespace longwire::dialects
