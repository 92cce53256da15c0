#pragma once

#include "engine/http/access_entry.hpp"
#include "engine/http/answer_uptake.hpp"
#include "engine/http/http_replying.hpp"
#include "engine/http/http_terms.hpp"
#include "engine/http/pending_upgrade.hpp"
#include "engine/http/response_sink.hpp"
#include "engine/http/router.hpp"
#include "engine/websocket/websocket_session.hpp"
#include "engine/worker.hpp"
#include "net/session.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace longwire::engine {

/// One request from when it has come to its answer, or until its connection becomes a WebSocket:
/// finds the route, lets it answer at once or later, and tells the access log. It knows nothing of
/// the protocol that the request came in. On the connection's loop.
class Exchange final : private HttpReplying::Listener {
public:
    /// How it ended, and what is left for the connection.
    enum class End : std::uint8_t {
        answered,      ///< Completely.
        switched,      ///< A WebSocket takes the connection's place: `take_websocket`.
        broken,        ///< The answer was begun, and will never be complete.
        overrun,       ///< The same, since the client does not read.
        one_way_only,  ///< A WebSocket was asked for by a client that had ended its side.
    };
    /// Who is told of an end that comes later than `answer` returns; once.
    class Listener {
    public:
        virtual void on_exchange_ended(Exchange& exchange, End end) = 0;

    protected:
        ~Listener() = default;
    };
    /// What the exchanges of a connection have in common. It outlives them, and so does all of it.
    struct Connection {
        Worker& worker;
        const HttpTerms& terms;
        ResponseSink& sink;
        Listener& listener;
    };
    /// What is known of a request beside itself.
    struct Arrival {
        std::size_t bytes = 0;          // that it took
        bool asks_for_upgrade = false;  // to a WebSocket
        bool half_closed = false;       // its client has ended its side
        bool leaving = false;           // the server is
    };

    explicit Exchange(const Connection& connection) : connection_(connection) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() = default;

    /// Begins it. Nothing where the end is not known yet: the listener is told.
    [[nodiscard]] std::optional<End> answer(Request&& request, const Arrival& arrival);
    /// What has come where no request is taken.
    struct Refused {
        std::size_t bytes = 0;
        bool to_head = false;  // it is known to be HEAD
        std::optional<HandshakeFailure> why = {};
    };
    /// Answers nevertheless.
    void refuse(const Response& response, const Refused& refused);
    /// Answers in the place of the handler, which has not begun to.
    void answer_instead(Response response);

    /// For the handler, or a decision about an upgrade.
    [[nodiscard]] bool waits() const noexcept { return replying_ != nullptr; }
    /// A part of the answer has been written, and a part is to come.
    [[nodiscard]] bool begun() const noexcept { return replying_ && replying_->begun(); }
    /// The connection ends, or the client is given up, before the answer is complete.
    void lose();
    /// The client has ended its side. False: so it has gone, for all that is known.
    [[nodiscard]] bool half_close() { return replying_->half_close(); }
    void drained() { replying_->drained(); }
    /// The server is leaving: what is not complete after this is cut.
    void leave();

    /// After `switched`, once: the request is what its handlers are given.
    struct Switched {
        net::Ref<WebSocketSession> session;
        Request request;
    };
    [[nodiscard]] Switched take_websocket();

private:
    void begin_access(const Request& request, const Router::Match& match, std::size_t bytes);
    void end_access(int status, std::size_t bytes_sent);
    void end_unanswered_access();
    [[nodiscard]] Response answer_at_once(const Router::Match& match, Request& request) const;
    [[nodiscard]] std::optional<End> answer_by_reply(const Route& route, const Request& request);
    [[nodiscard]] std::optional<End> upgrade(const WebSocketRoute& route, Request&& request,
                                             bool half_closed);
    [[nodiscard]] End refuse_upgrade(HandshakeFailure why, const Response& refusal);
    [[nodiscard]] End switch_protocols(Response decided);
    End respond(const Response& response);
    [[nodiscard]] std::unique_ptr<HttpReplying> new_replying(HttpReplying::Terms terms);
    void on_replied(HttpReplying::Outcome outcome) override;
    void on_named(std::string_view user) override {
        if (access_) access_->name_user(user);
    }
    [[nodiscard]] std::optional<End> end_of_handler();
    [[nodiscard]] End ended(HttpReplying::Outcome outcome);

    const Connection& connection_;
    std::unique_ptr<HttpReplying> replying_;
    // A handshake that waits for a decision, or for being taken.
    std::shared_ptr<PendingUpgrade> upgrading_;
    std::unique_ptr<AccessEntry> access_;  // until the answer is complete
    AnswerWatch answered_;                 // of a complete answer that may still be on its way
    std::optional<HttpReplying::Outcome> outcome_;  // of what was replied within the handler
    bool head_only_ = false;
    bool leaving_ = false;
    bool handling_ = false;  // a handler that replies is running
};

}  // namespace longwire::engine
