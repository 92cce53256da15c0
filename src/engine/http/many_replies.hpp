#pragma once

#include <longwire/http_reply.hpp>

#include <cstdint>
#include <span>

namespace longwire::engine {

// How very many replies get the same.

/// What has become of a piece for one of them.
enum class Written : std::uint8_t {
    not_there,  ///< Nobody is left to write to.
    cut,        ///< They do not read: the connection is cut.
    written
};

/// As HttpReply::write; but where nothing waits, the piece leaves at once and not at the end of the
/// turn. On the loop of the reply, which runs on this thread.
Written write_at_once(const HttpReply& reply, const PreparedChunk& chunk);

/// Some pieces as one.
[[nodiscard]] PreparedChunk join(std::span<const PreparedChunk* const> pieces);

}  // namespace longwire::engine
