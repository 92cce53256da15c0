#pragma once

#include "dialects/raw/event_stream_member.hpp"
#include "dialects/raw/event_streams.hpp"
#include "engine/topics/circle.hpp"
#include "engine/topics/giving_out.hpp"
#include "hub/publication.hpp"

#include <longwire/http_reply.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace longwire::dialects::raw {

/// As it is written; made once for all.
[[nodiscard]] const PreparedChunk& event_chunk(const hub::Publication& publication, bool json);

/// The members of one channel on one loop, and what has happened there and not all of them have got
/// yet: messages, and all else that they are told. They get it as the subscribers of a topic do: at
/// the end of the turn, all that one lacks as one write, made once for all who lack the same.
class EventStreams::Audience final : private engine::GivingOut {
public:
    Audience(EventStreams& streams, std::size_t loop, const std::string& channel) noexcept
        : streams_(streams), channel_(channel), loop_(loop) {}
    ~Audience();

    /// Of what happens from now on, it misses nothing, and gets nothing else.
    void join(Member& member);
    void leave(Member& member) noexcept;
    /// What waits for this one, at once.
    void catch_up(Member& member);

    void deliver(const hub::SharedPublication& publication);
    void announce(const PreparedChunk& presence) { add({Happening::Kind::presence, {}, presence}); }
    void beat(const PreparedChunk& comment) { add({Happening::Kind::comment, {}, comment}); }
    /// Those who are there are cut when they have got what came before.
    void interrupt() { add({Happening::Kind::interruption}); }
    [[nodiscard]] bool over() const noexcept { return circle_.empty() && !circle_.due(); }

private:
    struct Happening {
        enum class Kind : std::uint8_t { publication, presence, comment, interruption };
        Kind kind;
        hub::SharedPublication publication = {};
        PreparedChunk chunk{{}};  // of what is no publication

        [[nodiscard]] std::size_t bytes() const noexcept {
            return publication ? publication->size() : chunk.size();
        }
        /// Empty where there is nothing for those of this form.
        [[nodiscard]] const PreparedChunk& chunk_for(Member::Form form) const;
    };
    /// All that those of a form lack who have got what came before `from`.
    struct Lacking {
        Member::Form form;
        std::uint32_t from;
        std::uint32_t to = 0;      // an interruption, or the end
        bool interrupted = false;  // what comes next is no more for them
        bool joined = false;       // not: it is too much for one piece
        PreparedChunk chunk{{}};
        std::size_t messages = 0;
        std::size_t message_bytes = 0;
    };

    bool give_out(engine::TimeSlice& slice) override;
    void add(Happening happening);
    [[nodiscard]] const Lacking& lacking(Member::Form form, std::uint32_t from);
    [[nodiscard]] Lacking join_pieces(Member::Form form, std::uint32_t from) const;
    void give_turn(std::size_t place);
    void give(Member& member, std::uint32_t from);
    void give_one(Member& member, const Happening& happening);
    void write(const Member& member, const PreparedChunk& chunk, std::size_t messages,
               std::size_t bytes);
    void count_sent() noexcept;
    void count_waiting() noexcept;

    EventStreams& streams_;
    const std::string& channel_;
    std::size_t loop_;
    engine::Circle<Member, Happening> circle_;
    std::vector<Lacking> known_;
    std::size_t counted_ = 0;  // of what waits, with what is on its way to the loops
    std::size_t sent_ = 0;     // messages that were not counted yet
    std::size_t sent_bytes_ = 0;
};

}  // namespace longwire::dialects::raw
