#pragma once

#include "engine/http/answer_uptake.hpp"
#include "engine/http/many_replies.hpp"
#include "engine/http/response_sink.hpp"
#include "engine/loop_registry.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/response.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::engine {

/// An answer that is being given, on its connection's loop.
class HttpReplying {
public:
    /// What the request asks of the answer.
    struct Terms {
        bool head_only = false;
        bool upgrading = false;  // a response of 101 is no answer, but lets it switch
        /// Of answers that are given in the handler's place.
        std::unique_ptr<std::vector<std::pair<std::string, std::string>>> own_fields = {};

        [[nodiscard]] Response own(Response answer) const {
            if (own_fields)
                answer.headers.insert(answer.headers.end(), own_fields->begin(), own_fields->end());
            return answer;
        }
    };
    enum class Outcome : std::uint8_t {
        complete,
        switched,    ///< Let in: nothing was written.
        unanswered,  ///< Nothing was begun, and nobody is left who could.
        broken,      ///< Begun, and never to be complete.
        overrun      ///< The same, since the client does not read.
    };
    /// Whom it tells.
    class Listener {
    public:
        /// Once, and maybe deep within a call to it.
        virtual void on_replied(Outcome outcome) = 0;
        virtual void on_named(std::string_view user) = 0;

    protected:
        ~Listener() = default;
    };
    HttpReplying(ResponseSink& sink, Terms terms, Listener& listener);
    ~HttpReplying();
    HttpReplying(const HttpReplying&) = delete;
    HttpReplying& operator=(const HttpReplying&) = delete;

    /// For the handler; once. What other threads write is counted there.
    [[nodiscard]] HttpReply reply(std::shared_ptr<LoopEntry> entry);

    void send(const Response& response);
    void begin(const Response& response, std::size_t max_backlog);
    SendStatus write(const PreparedChunk& chunk);
    /// The same at once, and not at the end of the turn, where nothing waits.
    SendStatus write_at_once(const PreparedChunk& chunk);
    /// What another thread has counted among what may wait.
    void write_counted(const PreparedChunk& chunk);
    /// Another thread would have written more than may wait.
    void overrun() {
        if (begun_ && !finished_) finish(Outcome::overrun);
    }
    void end();
    /// All copies of the reply are gone.
    void abandon();
    void name_user(std::string_view user) const { listener_.on_named(user); }
    void on_close(std::function<void()> handler) {
        need_particulars().on_close = std::move(handler);
    }
    void on_leave(std::function<void()> handler) {
        need_particulars().on_leave = std::move(handler);
    }
    void on_half_close(std::function<void()> handler);
    void on_drain(std::function<void()> handler) {
        need_particulars().on_drain = std::move(handler);
    }
    /// For as long as the answer is on its way, which is longer than this lives.
    void watch(const AnswerUptake& uptake) {
        need_particulars().watch = AnswerWatch(uptake, sink_.stream());
    }
    [[nodiscard]] AnswerWatch take_watch() noexcept {
        return particulars_ ? std::move(particulars_->watch) : AnswerWatch();
    }

    /// After `switched`: the 101 that was given.
    [[nodiscard]] Response take_switching() noexcept { return std::move(particulars_->switching); }
    [[nodiscard]] const Terms& terms() const noexcept { return terms_; }
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    /// Of what was begun.
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] std::size_t bytes_sent() const noexcept { return bytes_sent_; }
    [[nodiscard]] std::size_t buffered_amount() const noexcept { return sink_.backlog(); }
    /// The connection has ended before the answer was complete. Calls `on_close`.
    void lose();
    /// The client has ended its side. False: so it has gone, for all that is known.
    [[nodiscard]] bool half_close();
    void drained();
    /// The server is leaving: what is not complete after this is cut.
    void leave();

private:
    /// What only some have.
    struct Particulars {
        std::function<void()> on_close;
        std::function<void()> on_leave;
        std::function<void()> on_half_close;
        std::function<void()> on_drain;
        AnswerWatch watch;
        Response switching;
    };
    Particulars& need_particulars() {
        if (!particulars_) particulars_ = std::make_unique<Particulars>();
        return *particulars_;
    }
    [[nodiscard]] std::function<void()> take_handler(std::function<void()> Particulars::* which) {
        return particulars_ ? std::exchange((*particulars_).*which, {}) : std::function<void()>();
    }
    void append(const PreparedChunk& chunk);
    void note_backlog() noexcept;
    void finish(Outcome outcome);
    void finish(Outcome outcome, bool lost);
    void let_go_of_place(bool lost) noexcept;

    ResponseSink& sink_;
    Terms terms_;
    Listener& listener_;
    std::unique_ptr<Particulars> particulars_;
    std::shared_ptr<HttpReply::Place> place_;
    std::size_t bytes_sent_ = 0;
    int status_ = 0;
    bool begun_ = false;
    bool finished_ = false;
    bool half_closed_ = false;
    bool outlives_half_close_ = false;
};

/// Makes replies, and looks into them.
class ReplyAccess {
public:
    [[nodiscard]] static HttpReply make(std::shared_ptr<HttpReply::Place> place);
    /// Null where it is none.
    [[nodiscard]] static std::shared_ptr<net::Inbox> inbox(const HttpReply& reply);
    static void watch(const HttpReply& reply, const AnswerUptake& uptake);
    static void listen(const HttpReply& reply, ReplyListener* listener) noexcept;
    [[nodiscard]] static Written write_at_once(const HttpReply& reply, const PreparedChunk& chunk);
};

}  // namespace longwire::engine
