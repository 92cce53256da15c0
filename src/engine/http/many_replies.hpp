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

/// Who is told of what HttpReply tells functions of, which take more memory.
class ReplyListener {
public:
    virtual void on_reply_closed() = 0;
    virtual void on_reply_leaving() = 0;
    virtual void on_reply_drained() = 0;

protected:
    ~ReplyListener() = default;
};

/// Null: nobody any more. On the loop of the reply, which runs on this thread.
void listen(const HttpReply& reply, ReplyListener* listener) noexcept;

}  // namespace longwire::engine
