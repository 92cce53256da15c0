#pragma once

#include "agreed_inflater.hpp"
#include "frames.hpp"
#include "ledger.hpp"
#include "timeline.hpp"
#include "wire.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace longwire::simulation {

/// Takes what a Connection writes, judges it as a strict peer would, and puts it on the wire. Some
/// messages leave it in fragments, between which control frames pass: Connection itself never
/// fragments, other peers do (RFC 6455, section 5.4).
class Outbox {
public:
    Outbox(protocol::Role role, const SidePlan& plan, Timeline& timeline, Chance chance, Wire& wire,
           Ledger& ledger) noexcept
        : role_(role),
          plan_(plan),
          timeline_(timeline),
          chance_(chance),
          wire_(wire),
          ledger_(ledger) {}

    /// Messages may be compressed, and must keep to this.
    void agree(int window_bits, bool keep_context) {
        inflater_ = std::make_unique<AgreedInflater>(window_bits, keep_context);
    }

    /// What the Connection will write now: a message, ping or pong. Nothing: what it decides on.
    struct Asked {
        protocol::Opcode opcode;
        Bytes payload;
        std::optional<CloseCode> fails = std::nullopt;
    };
    /// Lets `call` write, and gives whether it wrote a frame. One that begins is whole afterwards,
    /// unless the wire was reset.
    bool let_write(Asked asked, const std::function<void()>& call);

    /// A part of a frame.
    void write(std::span<const std::byte> bytes);
    /// Bytes that are no frame at all, or break a rule.
    void write_misdeed(Bytes bytes, CloseCode code);
    /// When all is written: nothing follows.
    void shut();
    void drop();

    /// The close frame, if one was written.
    [[nodiscard]] const std::optional<CloseSaid>& closed_with() const noexcept { return close_; }
    /// Whether the last pong that was not asked for has that payload. Asked once for each.
    [[nodiscard]] bool take_answer(std::span<const std::byte> payload);
    [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
    [[nodiscard]] bool between_frames() const noexcept { return part_.empty(); }
    [[nodiscard]] bool idle() const noexcept { return queue_.empty(); }

private:
    struct Waiting {
        Frame frame;
        std::optional<Bytes> as_written = std::nullopt;       // leaves as it is
        std::optional<CloseCode> breaks_rule = std::nullopt;  // as_written is no frame
        bool continues = false;
    };

    void take_frame(ReadFrame read, Bytes bytes);
    void judge_data(const Frame& frame);
    void judge_control(const Frame& frame);
    void send(Waiting waiting);
    void fragment_later();
    void send_part();
    void put(const Waiting& waiting);
    void place(const Frame& frame, std::uint64_t begin, std::size_t header_size);
    [[nodiscard]] FrameBytes encode(const Frame& frame);

    protocol::Role role_;
    const SidePlan& plan_;
    Timeline& timeline_;
    Chance chance_;
    Wire& wire_;
    Ledger& ledger_;
    std::unique_ptr<AgreedInflater> inflater_;
    Bytes part_;
    std::optional<Asked> asked_;
    std::deque<Waiting> queue_;
    std::optional<CloseSaid> close_;
    std::optional<Bytes> answer_;
    std::uint64_t frames_ = 0;
    bool fragmenting_ = false;
    bool in_message_ = false;
    bool shut_ = false;
    bool dropped_ = false;
};

}  // namespace longwire::simulation
