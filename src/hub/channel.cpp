#include "hub/channel.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

namespace longwire::hub {

namespace {

bool wants_past(const HistoryQuery& query) noexcept {
    return query.since || query.last > 0;
}

}  // namespace

// ---- joining ------------------------------------------------------------------------------------

void Channel::give_up_joining() noexcept {
    if (--joining_ == 0) meanwhile_.reset();
}

Channel::Step Channel::join(std::uint32_t outlet, const HistoryQuery& query, History& history,
                            Clock::time_point now) {
    Step step;
    if (members_ == 0) {
        recall(history, true);
        delivered_ = history.top;
    } else if (history.top.epoch == delivered_.epoch) {
        fit(query, history);
    } else {
        // One of the two is of the past: the broker knows which.
        if (wants_past(query)) history.recovered = false;
        history.publications.clear();
        history.top = delivered_;
        step.ask = suspect(now);
    }
    const bool is_first = members_ == 0;
    add_member(outlet);
    if (is_first && meanwhile_) {
        for (const SharedPublication& publication : meanwhile_->publications) {
            const Position position = publication->position();
            if (position.epoch == delivered_.epoch && position.offset <= delivered_.offset)
                continue;
            if (!gap_) gap_ = std::make_unique<Gap>(now);
            step.ask = gap_->hold(publication);
        }
        if (gap_ && !step.ask) step = give_up(nullptr);
    }
    give_up_joining();
    return step;
}

/// Adds to `history` what was told meanwhile and follows it, up to what was delivered or all.
void Channel::recall(History& history, bool all) const {
    if (!meanwhile_) return;
    std::map<std::uint64_t, SharedPublication> told;
    for (const SharedPublication& publication : meanwhile_->publications)
        if (publication->position().epoch == history.top.epoch)
            told.emplace(publication->position().offset, publication);
    for (auto next = told.upper_bound(history.top.offset);
         next != told.end() && next->first == history.top.offset + 1 &&
         (all || next->first <= delivered_.offset);
         ++next) {
        history.publications.push_back(next->second);
        history.top.offset = next->first;
    }
}

/// Makes `history` end where the members of the channel stand.
void Channel::fit(const HistoryQuery& query, History& history) const {
    if (history.top.offset > delivered_.offset) {
        // The last of these are about to be delivered.
        std::erase_if(history.publications, [this](const SharedPublication& publication) {
            return publication->position().offset > delivered_.offset;
        });
        // (Who has been told more elsewhere is told some of it again.)
        if (query.since && query.since->offset > delivered_.offset) history.recovered = false;
    } else {
        recall(history, false);
        if (history.top.offset < delivered_.offset) {
            if (wants_past(query))
                history.recovered = false;
            else
                history.publications.clear();
        }
    }
    history.top = delivered_;
}

void Channel::remember(const SharedPublication& publication) {
    if (joining_ == 0) return;
    if (!meanwhile_) meanwhile_ = std::make_unique<Meanwhile>();
    auto& [publications, bytes] = *meanwhile_;
    bytes += publication->size();
    // (What is not remembered is missed by whoever joins, and asked for.)
    if (publications.size() >= Gap::most || bytes > Gap::most_bytes) {
        publications.clear();
        bytes = 0;
    }
    publications.push_back(publication);
}

void Channel::add_member(std::uint32_t outlet) {
    if (members_ == 0) outlet_ = outlet;
    if (!members_by_outlet_ && outlet != outlet_) {
        auto members = std::make_unique<std::vector<std::uint32_t>>(std::size_t{outlet_} + 1);
        members->back() = members_;
        members_by_outlet_ = std::move(members);
    }
    if (members_by_outlet_) {
        auto& members = *members_by_outlet_;
        if (outlet >= members.size()) members.resize(std::size_t{outlet} + 1);
        ++members[outlet];
    }
    ++members_;
}

void Channel::leave(std::uint32_t outlet) noexcept {
    if (members_by_outlet_) --(*members_by_outlet_)[outlet];
    if (--members_ > 0) return;
    members_by_outlet_.reset();
    gap_.reset();
}

// ---- publications -------------------------------------------------------------------------------

Channel::Step Channel::sort(const SharedPublication& publication, Clock::time_point now) {
    Step step;
    const Position position = publication->position();
    if (members_ == 0) {
        remember(publication);
    } else if (is_next(position)) {
        deliver(publication, step);
        deliver_held(step);
    } else if (position.epoch != delivered_.epoch || position.offset > delivered_.offset) {
        remember(publication);
        step.ask = suspect(now);
        if (!gap_->hold(publication)) return give_up(nullptr);
    }
    return step;
}

void Channel::deliver(const SharedPublication& publication, Step& step) {
    delivered_ = publication->position();
    remember(publication);
    step.publications.push_back(publication);
}

void Channel::deliver_held(Step& step) {
    if (!gap_) return;
    while (const auto next = gap_->take_after(delivered_)) deliver(next, step);
    if (gap_->empty()) gap_.reset();
}

bool Channel::suspect(Clock::time_point now) {
    if (gap_ || members_ == 0) return false;
    gap_ = std::make_unique<Gap>(now);
    return true;
}

Position Channel::ask(std::uint64_t question) noexcept {
    gap_->ask(question, delivered_);
    return delivered_;
}

Channel::Step Channel::fill(std::uint64_t question, const Result<History>& answer,
                            Clock::time_point now) {
    Step step;
    if (!gap_ || !gap_->answered(question)) return step;
    if (!answer) return step;
    if (!closes_gap(*answer)) return give_up(&*answer);
    for (const SharedPublication& publication : answer->publications)
        if (is_next(publication->position())) deliver(publication, step);
    gap_->forget_other_epochs(delivered_.epoch);
    deliver_held(step);
    if (!gap_) return step;
    step.ask = !step.publications.empty() || gap_->has_newer();
    if (!step.publications.empty()) gap_->restart(now);
    return step;
}

/// Whether it has all between what was delivered and what it ends with.
bool Channel::closes_gap(const History& answer) const noexcept {
    const Position since = gap_->asked_since();
    if (answer.top.epoch != since.epoch || answer.top.offset < since.offset) return false;
    if (answer.recovered || answer.top.offset <= delivered_.offset) return true;
    return !answer.publications.empty() &&
           answer.publications.front()->position().offset <= delivered_.offset + 1;
}

Channel::Step Channel::wait(Clock::time_point now, Clock::duration patience) {
    Step step;
    if (!gap_) return step;
    if (now - gap_->since() < patience) {
        step.ask = !gap_->asking();
        return step;
    }
    if (!gap_->empty()) return give_up(nullptr);
    gap_.reset();  // nobody knows of anything that is missing
    return step;
}

/// It is told, and goes on with what there is without a gap up to the newest. `answer` may be null.
Channel::Step Channel::give_up(const History* answer) {
    const bool by_answer = answer != nullptr && !gap_->has_newer();
    Position top = by_answer ? answer->top : gap_->furthest();
    std::map<std::uint64_t, SharedPublication> there;
    const auto add = [&](const SharedPublication& publication) {
        const Position position = publication->position();
        if (position.epoch == top.epoch && position.offset <= top.offset)
            there.emplace(position.offset, publication);
    };
    if (answer != nullptr) std::ranges::for_each(answer->publications, add);
    gap_->each_of(top.epoch, add);
    // (A broker that has gone back begins anew from there.)
    const bool goes_on = top.epoch == delivered_.epoch && top.offset > delivered_.offset;
    Step step;
    std::uint64_t first = top.offset + 1;
    for (const auto& [offset, publication] : std::views::reverse(there)) {
        if (offset + 1 != first || (goes_on && offset <= delivered_.offset)) break;
        first = offset;
        step.publications.push_back(publication);
    }
    std::ranges::reverse(step.publications);
    for (const SharedPublication& publication : step.publications) remember(publication);
    step.interrupted = Position{.epoch = top.epoch, .offset = first - 1};
    delivered_ = top;
    gap_.reset();
    return step;
}

// ---- users --------------------------------------------------------------------------------------

bool Channel::enter(const Presence& who) {
    if (!users_) users_ = std::make_unique<Users>();
    User& user = (*users_)[who.user];
    const bool is_first = ++user.connections == 1;
    const bool differs = user.info != who.info;
    user.info = who.info;
    return is_first || differs;
}

bool Channel::exit(const std::string& user, Clock::time_point now) {
    if (!users_) return false;
    const auto found = users_->find(user);
    if (found == users_->end() || --found->second.connections > 0) return false;
    found->second.gone = now;
    return true;
}

bool Channel::forget(const std::string& user, Clock::time_point gone) {
    if (!users_) return false;
    const auto found = users_->find(user);
    if (found == users_->end() || found->second.connections > 0 || found->second.gone != gone)
        return false;
    users_->erase(found);
    if (users_->empty()) users_.reset();
    return true;
}

}  // namespace longwire::hub
