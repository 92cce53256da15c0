#pragma once

#include <longwire/http_reply.hpp>

#include <functional>
#include <memory>

namespace longwire::net {
class Inbox;
class Stream;
}  // namespace longwire::net

namespace longwire::engine {

/// How the answer to one request arrives, for who waits for what the client does once it has it:
/// a client that still gets it, and takes it, is not silent. May be copied, kept and used on any
/// thread, also when the connection has ended. Copies look together: what one has seen arrive is
/// nothing new for the other.
class AnswerUptake {
public:
    /// Of no answer, which nobody takes.
    AnswerUptake() = default;
    /// Of what `reply` answers with, from before that is complete on.
    explicit AnswerUptake(const HttpReply& reply);

    /// The same answer for somebody else who waits, at times of their own.
    [[nodiscard]] AnswerUptake apart() const;

    /// What was written before this is watched from now on.
    void mark() const;
    /// Calls back on the connection's loop (at once, where that runs here): whether some of what
    /// is watched has arrived since some last had.
    void look(std::function<void(bool takes)> answer) const;

private:
    friend class AnswerWatch;
    struct Answer;
    struct Watched;
    std::shared_ptr<Watched> watched_;
};

/// The connection's part: while this holds it, the stream is there. On its loop only.
class AnswerWatch {
public:
    AnswerWatch() = default;
    AnswerWatch(const AnswerUptake& uptake, net::Stream& stream);
    AnswerWatch(AnswerWatch&& other) noexcept = default;
    AnswerWatch& operator=(AnswerWatch&& other) noexcept;
    AnswerWatch(const AnswerWatch&) = delete;
    AnswerWatch& operator=(const AnswerWatch&) = delete;
    ~AnswerWatch() { let_go(); }

private:
    void let_go() noexcept;
    std::shared_ptr<AnswerUptake::Answer> answer_;
};

}  // namespace longwire::engine
