#include "dialects/program/asked_question.hpp"

#include <string_view>
#include <utility>

namespace longwire {

namespace dialects {

void PendingAnswer::give(Verdict verdict) {
    std::move_only_function<void(Verdict)> wait;
    {
        const std::scoped_lock lock(mutex_);
        if (verdict_) return;
        verdict_ = verdict;
        wait = std::move(wait_);
    }
    if (wait) wait(std::move(verdict));
}

void PendingAnswer::then(std::move_only_function<void(Verdict)> wait) {
    {
        const std::scoped_lock lock(mutex_);
        if (!verdict_) {
            wait_ = std::move(wait);
            return;
        }
    }
    wait(*verdict_);
}

std::optional<Verdict> PendingAnswer::given() const {
    const std::scoped_lock lock(mutex_);
    return verdict_;
}

}  // namespace dialects

// ---- the public side ----------------------------------------------------------------------------

AuthorizationRequest::AuthorizationRequest(std::unique_ptr<dialects::AskedQuestion> asked) noexcept
    : asked_(std::move(asked)) {}

AuthorizationRequest::AuthorizationRequest(AuthorizationRequest&&) noexcept = default;

AuthorizationRequest& AuthorizationRequest::operator=(AuthorizationRequest&& other) noexcept {
    const AuthorizationRequest old(std::exchange(asked_, std::move(other.asked_)));
    return *this;
}

AuthorizationRequest::~AuthorizationRequest() {
    if (asked_)
        asked_->answer->give(
            {.status = 503,
             .reason = "The server did not decide about your request. Try again later."});
}

const ChannelUser& AuthorizationRequest::user() const noexcept {
    return asked_->user;
}

std::string_view AuthorizationRequest::address() const noexcept {
    return asked_->address;
}

ChannelAction AuthorizationRequest::action() const noexcept {
    return asked_->action;
}

std::string_view AuthorizationRequest::channel() const noexcept {
    return asked_->channel;
}

void AuthorizationRequest::allow() {
    asked_->answer->give({});
}

void AuthorizationRequest::refuse(int status, std::string_view sentence) {
    // (A status of success would let them.)
    asked_->answer->give({.status = status < 400 ? 403 : status, .reason = std::string(sentence)});
}

}  // namespace longwire
