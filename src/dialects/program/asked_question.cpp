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

ChannelQuestion::ChannelQuestion(std::unique_ptr<dialects::AskedQuestion> asked) noexcept
    : asked_(std::move(asked)) {}

ChannelQuestion::ChannelQuestion(ChannelQuestion&&) noexcept = default;

ChannelQuestion& ChannelQuestion::operator=(ChannelQuestion&& other) noexcept {
    const ChannelQuestion old(std::exchange(asked_, std::move(other.asked_)));
    return *this;
}

ChannelQuestion::~ChannelQuestion() {
    if (asked_)
        asked_->answer->give(
            {.status = 503, .reason = "Nobody has said whether you may. Try again later."});
}

const ChannelUser& ChannelQuestion::user() const noexcept {
    return asked_->user;
}

std::string_view ChannelQuestion::address() const noexcept {
    return asked_->address;
}

ChannelDeed ChannelQuestion::deed() const noexcept {
    return asked_->deed;
}

std::string_view ChannelQuestion::channel() const noexcept {
    return asked_->channel;
}

void ChannelQuestion::allow() {
    asked_->answer->give({});
}

void ChannelQuestion::refuse(int status, std::string_view sentence) {
    // (A status of success would let them.)
    asked_->answer->give({.status = status < 400 ? 403 : status, .reason = std::string(sentence)});
}

}  // namespace longwire
