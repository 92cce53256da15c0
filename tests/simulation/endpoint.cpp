#include "endpoint.hpp"

#include "broken.hpp"
#include "close_call.hpp"
#include "endpoint_events.hpp"
#include "misdeed.hpp"

#include <algorithm>
#include <utility>

namespace longwire::simulation {

namespace {

// Longer than anything takes on a network that works, be it ever so slow.
constexpr Time patience = 1000000000;

}  // namespace

Endpoint::Endpoint(protocol::Role role, const SidePlan& plan, Surroundings& surroundings,
                   Chance chance, Wire& in, Wire& out, Ledger& received, Ledger& sent)
    : role_(role),
      plan_(plan),
      surroundings_(surroundings),
      chance_(chance),
      in_(in),
      out_(out),
      received_(received),
      outbox_(role, plan, surroundings.timeline, chance_.branch(), out, sent),
      limits_{.max_message_size = plan.max_message_size},
      budget_(plan.budget) {
    received_.set_limit(plan.max_message_size);
    in_.lead_to([this](Bytes bytes) { take(std::move(bytes)); }, [this] { take_end(); });
}

void Endpoint::begin() {
    watch();
    if (role_ == protocol::Role::server) {
        server_opening_.emplace(surroundings_.plan);
        return;
    }
    client_opening_.emplace(surroundings_.plan, chance_);
    out_.write(std::as_bytes(std::span(client_opening_->request())));
}

void Endpoint::tell(std::string_view what, std::uint64_t number, std::string_view detail) {
    surroundings_.story.tell(surroundings_.timeline.now(),
                             role_ == protocol::Role::client ? "client" : "server", what, number,
                             detail);
}

// ---- what comes ---------------------------------------------------------------------------------

void Endpoint::take(Bytes bytes) {
    if (lost_) return;
    heard_at_ = surroundings_.timeline.now();
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    feed();
}

void Endpoint::take_end() {
    if (lost_) return;
    tell("hears the end after byte", consumed_ + held_.size());
    ended_ = true;
    feed();
}

void Endpoint::feed() {
    while (!held_.empty() && !busy_ && !lost_) {
        Bytes input = std::exchange(held_, {});
        reception_.given = consumed_ + input.size();
        const bool was_open = connection_.has_value();
        const std::size_t size = was_open          ? feed_connection(input)
                                 : opening_failed_ ? input.size()
                                                   : feed_opening(input);
        require(size <= input.size(), "more was consumed than there was");
        require(size == input.size() || busy_ || !was_open, "input was left, and nobody paused");
        consumed_ += size;
        if (lost_) return;
        held_.assign(input.begin() + static_cast<std::ptrdiff_t>(size), input.end());
        if (connection_) {
            received_.check(consumed_, *connection_);
            check_state();
        }
    }
    if (held_.empty() && ended_ && !busy_ && !lost_) tell_end();
}

std::size_t Endpoint::feed_connection(std::span<std::byte> bytes) {
    return with_handler([&](auto& handler) { return connection_->receive(bytes, handler); });
}

std::size_t Endpoint::feed_opening(std::span<const std::byte> bytes) {
    const Opened opened =
        client_opening_ ? client_opening_->receive(bytes) : server_opening_->receive(bytes);
    require(opened.consumed <= bytes.size(), "the handshake took more than there was");
    if (!opened.answer.empty()) out_.write(std::as_bytes(std::span(opened.answer)));
    if (opened.status == Opened::Status::open) {
        open(opened.deflate);
    } else if (opened.status == Opened::Status::failed) {
        tell("refuses the handshake at byte", consumed_ + opened.consumed);
        opening_failed_ = true;
        shut();
        return bytes.size();
    }
    return opened.consumed;
}

void Endpoint::open(const std::optional<protocol::DeflateParameters>& deflate) {
    connection_.emplace(role_, limits_);
    deflate_ = deflate;
    if (deflate) use_compression(*deflate);
    tell("is open; compresses:", deflate ? 1 : 0);
    act_later();
}

void Endpoint::use_compression(const protocol::DeflateParameters& agreed) {
    const bool server = role_ == protocol::Role::server;
    const bool may_keep_ours =
        !(server ? agreed.server_no_context_takeover : agreed.client_no_context_takeover);
    const bool keep_theirs =
        !(server ? agreed.client_no_context_takeover : agreed.server_no_context_takeover);
    const int window = server ? agreed.server_max_window_bits : agreed.client_max_window_bits;
    const bool keep_ours = may_keep_ours && plan_.keeps_context;
    outbox_.agree(window, keep_ours);

    auto& shared = surroundings_.shared_compression;
    const bool may_share = surroundings_.plan.one_loop && !keep_ours && !keep_theirs;
    if (may_share && !shared) shared.emplace(window, false, false, plan_.threshold);
    if (may_share && shared->window_bits == window && shared->threshold == plan_.threshold) {
        connection_->use(*shared);
        return;
    }
    compression_.emplace(window, keep_ours, keep_theirs, plan_.threshold);
    connection_->use(*compression_);
}

void Endpoint::tell_end() {
    told_end_ = true;
    if (connection_) {
        reception_.ended = true;
        with_handler([&](auto& handler) { connection_->end_of_stream(handler); });
        check_state();
        if (await_peer_) shut();
    } else {
        shut();
    }
}

protocol::Flow Endpoint::after_message() {
    do_something(true);
    if (!chance_.percent(plan_.pause_percent)) return protocol::Flow::proceed;
    busy_ = true;
    in_.pause();
    surroundings_.timeline.after(chance_.between(0, 300), [this] { handle_later(); });
    return protocol::Flow::pause;
}

void Endpoint::handle_later() {
    busy_ = false;
    do_something(true);
    feed();
    if (!busy_) in_.resume();
}

void Endpoint::closed(CloseCode code, std::string_view reason, bool clean) {
    tell(clean ? "is closed, cleanly, with" : "is closed with", to_number(code), reason);
    const CloseSaid said = {.code = code, .reason = std::string(reason)};
    received_.got_closed(said, clean, reception_);
    judge_answer(said, clean);
    // RFC 6455, section 7.1.1: the server ends the TCP connection first, unless something failed.
    await_peer_ = clean && role_ == protocol::Role::client;
    do_something(true);
}

/// A close frame that nobody asked for answers the peer's with its code (RFC 6455, section 5.5.1),
/// or says what the peer broke (section 7.1.7).
void Endpoint::judge_answer(const CloseSaid& said, bool clean) const {
    if (close_asked_ || lost_) return;
    const bool abnormal = said.code == CloseCode::abnormal_closure;
    const auto& answer = outbox_.closed_with();
    require(answer.has_value() == !abnormal,
            abnormal ? "a close frame was written that nobody asked for"
                     : "a close frame was not answered, or a failure not told to the peer");
    if (abnormal) return;
    require(answer->code == said.code, "the close frame has another code than what it answers");
    require(answer->reason == (clean ? "" : said.reason),
            "the close frame has another reason than it should");
}

void Endpoint::shut() {
    if (shut_ || lost_) return;
    shut_ = true;
    tell("shuts its side after frame", outbox_.frames());
    outbox_.shut();
}

void Endpoint::lose() {
    if (lost_) return;
    lost_ = reception_.broken = true;
    outbox_.drop();
    held_.clear();
    tell("has lost the connection at byte", consumed_);
    if (!connection_) return;
    with_handler([&](auto& handler) { connection_->abort(handler); });
    check_state();
}

/// Gives up a peer that is silent for too long.
void Endpoint::watch() {
    surroundings_.timeline.after(patience, [this] {
        if (finished()) return;
        if (surroundings_.timeline.now() - heard_at_ < patience) return watch();
        require(in_.damaged() || out_.damaged(),
                "stuck: both sides wait, and nothing is wrong with the network");
        tell("gives up");
        abort();
    });
}

ReadyState Endpoint::expected_state() const noexcept {
    if (received_.received_close()) return ReadyState::closed;
    return outbox_.closed_with() ? ReadyState::closing : ReadyState::open;
}

void Endpoint::check_state() const {
    require(connection_->state() == expected_state(), "the state is not what it should be");
    require(lost_ || outbox_.between_frames(), "a frame was written in part");
}

// ---- what it does -------------------------------------------------------------------------------

void Endpoint::act_later() {
    surroundings_.timeline.after(chance_.between(0, plan_.longest_rest), [this] {
        if (lost_) return;
        if (out_.congested() && expected_state() == ReadyState::open) {
            surroundings_.timeline.after(7, [this] { act_later(); });
            return;
        }
        act();
        check_state();
        if (actions_++ < plan_.actions) act_later();
    });
}

void Endpoint::act() {
    if (plan_.abort_at == actions_) {
        abort();
    } else if (plan_.misdeed != Misdeed::none && plan_.misdeed_at == actions_) {
        commit_misdeed();
    } else if (plan_.closes && plan_.close_at == actions_) {
        close();
    } else {
        do_something(false);
    }
}

void Endpoint::do_something(bool inside) {
    if (lost_) return;
    if (inside) {
        if (!chance_.percent(plan_.reply_percent) || ++replies_ > 40) return;
    }
    switch (chance_.between(0, 9)) {
        case 0:
        case 1:
            return send_ping();
        case 2:
            return send_pong();
        case 3:
            // From inside anything may happen, also the end.
            if (inside && plan_.closes && chance_.one_in(4)) return close();
            [[fallthrough]];
        default:
            return send_message(Misdeed::none);
    }
}

void Endpoint::send(Outbox::Asked asked, const std::function<bool()>& call) {
    const bool open = expected_state() == ReadyState::open;
    bool sent = false;
    const bool written = outbox_.let_write(std::move(asked), [&] { sent = call(); });
    if (lost_) return;
    require(written == open, open ? "an open connection sent nothing"
                                  : "a connection that is not open sent something");
    require(sent == open, "a connection does not say rightly whether it sent something");
}

void Endpoint::send_message(Misdeed misdeed) {
    auto type = chance_.one_in(2) ? MessageType::text : MessageType::binary;
    const std::size_t most = std::min(plan_.largest_sent, budget_);
    std::size_t size = chance_.small_or_large(most);
    if (chance_.one_in(12))
        size = std::min<std::size_t>(most, chance_.pick({125U, 126U, 65535U, 65536U}));
    if (chance_.one_in(40)) size = most;
    if (misdeed == Misdeed::too_big) size = plan_.largest_sent + chance_.pick({1U, 1U, 500U});
    if (misdeed == Misdeed::text_not_utf8) type = MessageType::text;
    Bytes content = make_content(chance_, type, size);
    std::optional<CloseCode> fails;
    if (misdeed == Misdeed::text_not_utf8) {
        spoil_text(content, chance_);
        fails = CloseCode::invalid_payload;
    } else if (misdeed == Misdeed::too_big) {
        fails = CloseCode::message_too_big;
    }
    budget_ -= std::min(budget_, content.size());
    tell(type == MessageType::text ? "sends text, bytes:" : "sends binary, bytes:", content.size(),
         fails ? "which breaks a rule" : "");
    send({.opcode = protocol::opcode_of(type), .payload = content, .fails = fails}, [&] {
        return with_handler(
            [&](auto& handler) { return connection_->send(type, content, handler); });
    });
}

void Endpoint::send_ping() {
    const Bytes payload = make_content(chance_, MessageType::binary, chance_.small_or_large(125));
    tell("pings, bytes:", payload.size());
    send({.opcode = protocol::Opcode::ping, .payload = payload}, [&] {
        return with_handler([&](auto& handler) { return connection_->ping(payload, handler); });
    });
}

void Endpoint::send_pong() {
    const Bytes payload = make_content(chance_, MessageType::binary, chance_.small_or_large(125));
    tell("pongs, bytes:", payload.size());
    send({.opcode = protocol::Opcode::pong, .payload = payload}, [&] {
        return with_handler([&](auto& handler) { return connection_->pong(payload, handler); });
    });
}

void Endpoint::commit_misdeed() {
    if (expected_state() != ReadyState::open) return;
    if (plan_.misdeed == Misdeed::too_big || plan_.misdeed == Misdeed::text_not_utf8)
        return send_message(plan_.misdeed);
    auto which = plan_.misdeed;
    if (which == Misdeed::context_not_kept && !forgets_our_context()) which = Misdeed::reserved_bit;
    // So that there is a message before.
    for (int count = 0; which == Misdeed::context_not_kept && count < 3; ++count)
        send_message(Misdeed::none);
    if (expected_state() != ReadyState::open) return;
    tell("breaks rule", static_cast<std::uint64_t>(which));
    MisdeedBytes misdeed = commit(which, role_, chance_);
    outbox_.write_misdeed(std::move(misdeed.bytes), misdeed.code);
}

/// Whether the peer keeps no context of what we send (RFC 7692, section 7.1.1).
bool Endpoint::forgets_our_context() const noexcept {
    if (!deflate_) return false;
    return role_ == protocol::Role::server ? deflate_->server_no_context_takeover
                                           : deflate_->client_no_context_takeover;
}

void Endpoint::close() {
    const CloseCall call = make_close_call(chance_);
    const bool open = expected_state() == ReadyState::open;
    tell("closes with", to_number(call.code), call.reason);
    close_asked_ = close_asked_ || open;
    const std::uint64_t frames = outbox_.frames();
    with_handler([&](auto& handler) { connection_->close(call.code, call.reason, handler); });
    if (lost_) return;
    require(outbox_.frames() == frames + (open ? 1 : 0),
            open ? "no close frame was written" : "a second close frame was written");
    require(!open || outbox_.closed_with() == call.expected,
            "the close frame does not say what was asked for");
}

void Endpoint::abort() {
    tell("breaks the connection at byte", consumed_);
    lose();
    surroundings_.reset();
}

}  // namespace longwire::simulation
