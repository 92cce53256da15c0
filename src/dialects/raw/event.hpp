#pragma once

#include "hub/broker.hpp"
#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::raw {

// What happens on a channel, as clients read it: as JSON, and as an event of text/event-stream.

/// {"position":"…","text":"…"}, or "json" with the value, "binary" with base64, "arguments" with
/// those of the event (and "attachments", in base64); "event", "user" and the user's "info" where
/// it has them.
[[nodiscard]] std::string publication_json(const hub::Publication& publication);
/// {"joined":{"position":"…","recovered":true}}: the first, before what was missed. The position is
/// that after which what follows was published.
[[nodiscard]] std::string joined_json(hub::Position start, bool recovered);
[[nodiscard]] hub::Position start_of(const hub::History& history) noexcept;
/// {"presence":{"joined":"ann","info":{…}}}, or "left", or "changed": their information.
[[nodiscard]] std::string presence_json(const hub::PresenceChange& change);
/// {"error":"…"}
[[nodiscard]] std::string error_json(std::string_view sentence);

/// An event with its position as id, and with its name as type, if it has one that may be (see
/// docs/channels.md). Binary is one of type "binary", in base64.
[[nodiscard]] std::string publication_event(const hub::Publication& publication);
/// One without a type, and with `publication_json` as its data: a page hears all of them alike.
[[nodiscard]] std::string publication_json_event(const hub::Publication& publication);
/// The first event, of type "joined": its id is where a client that hears nothing else goes on.
[[nodiscard]] std::string joined_event(hub::Position start, bool recovered);
/// An event of type `type` whose data is one line.
[[nodiscard]] std::string plain_event(std::string_view type, std::string_view line);

}  // namespace longwire::dialects::raw
