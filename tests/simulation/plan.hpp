#pragma once

#include "chance.hpp"
#include "timeline.hpp"

#include "protocol/deflate_parameters.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace longwire::simulation {

/// A rule that an endpoint breaks on purpose.
enum class Misdeed : std::uint8_t {
    none,
    too_big,
    text_not_utf8,
    reserved_bit,
    reserved_opcode,
    wrong_mask_bit,
    long_ping,
    fragmented_ping,
    nothing_to_continue,
    message_in_message,
    half_close_code,
    wrong_close_code,
    close_reason_not_utf8,
    longer_form,
    top_bit,
    context_not_kept,  ///< refers to a message before, though no context is kept
};

/// What one endpoint does.
struct SidePlan {
    std::size_t max_message_size = 0;  ///< its limit for what it receives
    std::size_t largest_sent = 0;
    std::size_t budget = 0;     ///< bytes of all messages that it sends
    std::size_t threshold = 0;  ///< for compressing
    bool takes_chunks = false;
    bool keeps_context = false;       ///< where that was agreed on
    std::uint64_t pause_percent = 0;  ///< of the messages: their handler runs later
    std::uint64_t reply_percent = 0;  ///< of the callbacks: something is sent from inside
    std::uint64_t fragment_percent = 0;
    std::uint64_t actions = 0;  ///< how often it does something by itself
    Time longest_rest = 0;      ///< between two of them
    bool closes = false;
    std::uint64_t close_at = 0;             ///< the action that is closing instead
    std::optional<std::uint64_t> abort_at;  ///< the action that is giving up instead
    std::uint64_t failing_writes = 0;       ///< percent of the writes that find a broken network
    std::uint64_t misdeed_at = 0;
    Misdeed misdeed = Misdeed::none;
};

/// What happens to the bytes of one direction, from an offset on.
enum class Damage : std::uint8_t {
    none,
    cut,      ///< the direction ends there, as after a half-close
    lost,     ///< nothing arrives any more, not even the end
    changed,  ///< that byte arrives as another one
};

/// How one direction of the network is.
struct WirePlan {
    std::size_t capacity = 0;       ///< what may be on the way before a sender should wait
    std::size_t largest_piece = 0;  ///< of one delivery
    Time longest_delay = 0;
    Damage damage = Damage::none;
    std::uint64_t damage_at = std::numeric_limits<std::uint64_t>::max();
    std::byte change = {};
};

/// The offer of permessage-deflate that a server must agree to: the first that is correct.
struct OfferedDeflate {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::optional<int> server_max_window_bits = {};
    bool client_max_window_bits_named = false;
    std::optional<int> client_max_window_bits = {};
};

/// All that a seed decides beforehand.
struct Plan {
    std::uint64_t seed = 0;
    SidePlan client;
    SidePlan server;
    WirePlan to_server;
    WirePlan to_client;
    std::optional<Time> reset_at;
    int version = 13;
    std::string offer;  ///< Sec-WebSocket-Extensions of the request
    OfferedDeflate offered;
    bool server_compresses = false;
    protocol::DeflateWishes server_wishes;
    bool one_loop = false;      ///< both endpoints share a compressor where neither keeps a context
    Chance chance = Chance(0);  ///< for all that is decided on the way
};

[[nodiscard]] Plan make_plan(std::uint64_t seed);

/// A few words that say what is special about it.
[[nodiscard]] std::string in_words(const Plan& plan);

}  // namespace longwire::simulation
