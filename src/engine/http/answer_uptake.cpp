#include "engine/http/answer_uptake.hpp"

#include "engine/http/http_replying.hpp"
#include "net/loop.hpp"
#include "net/stream.hpp"
#include "net/uptake.hpp"

#include <utility>

namespace longwire::engine {

namespace {

template <class Function>
void run_on(const std::shared_ptr<net::Inbox>& inbox, Function&& function) {
    if (net::Loop::runs_here(inbox))
        function();
    else
        net::Loop::post_to(inbox, std::forward<Function>(function));
}

}  // namespace

struct AnswerUptake::Answer {
    std::shared_ptr<net::Inbox> inbox;
    net::Stream* stream = nullptr;  // on the loop only
};

struct AnswerUptake::Watched {
    std::shared_ptr<Answer> answer;
    net::Uptake uptake;  // on the loop only
};

AnswerUptake::AnswerUptake(const HttpReply& reply) {
    auto inbox = ReplyAccess::inbox(reply);
    if (!inbox) return;
    watched_ = std::make_shared<Watched>();
    watched_->answer = std::make_shared<Answer>();
    watched_->answer->inbox = std::move(inbox);
    ReplyAccess::watch(reply, *this);
}

AnswerUptake AnswerUptake::apart() const {
    AnswerUptake another;
    if (!watched_) return another;
    another.watched_ = std::make_shared<Watched>();
    another.watched_->answer = watched_->answer;
    return another;
}

void AnswerUptake::mark() const {
    if (!watched_) return;
    run_on(watched_->answer->inbox, [watched = watched_] {
        const net::Stream* const stream = watched->answer->stream;
        if (stream != nullptr) watched->uptake = net::Uptake(*stream);
    });
}

void AnswerUptake::look(std::function<void(bool takes)> answer) const {
    if (!watched_) return answer(false);
    run_on(watched_->answer->inbox, [watched = watched_, answer = std::move(answer)] {
        const net::Stream* const stream = watched->answer->stream;
        answer(stream != nullptr && watched->uptake.moved(*stream));
    });
}

AnswerWatch::AnswerWatch(const AnswerUptake& uptake, net::Stream& stream)
    : answer_(uptake.watched_ ? uptake.watched_->answer : nullptr) {
    if (answer_) answer_->stream = &stream;
}

AnswerWatch& AnswerWatch::operator=(AnswerWatch&& other) noexcept {
    if (this == &other) return *this;
    let_go();
    answer_ = std::move(other.answer_);
    return *this;
}

void AnswerWatch::let_go() noexcept {
    if (answer_) answer_->stream = nullptr;
    answer_.reset();
}

}  // namespace longwire::engine
