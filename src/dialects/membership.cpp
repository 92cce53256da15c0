#include "dialects/membership.hpp"

#include "dialects/sender.hpp"

#include <array>
#include <utility>

namespace longwire::dialects {

namespace {

constexpr std::array all_actions = {Action::subscribe, Action::publish, Action::presence,
                                    Action::history};

std::uint8_t bit_of(Action action) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(action));
}

}  // namespace

Membership::Membership(Memberships& all, std::size_t loop, Admitted admitted)
    : all_(all),
      id_(all.hub_loops.new_member(loop)),
      channel_(std::move(admitted.wish.channel)),
      visitor_(std::make_unique<Visitor>(std::move(admitted.wish.visitor))),
      rule_(all.gate.rule_of(channel())),
      rule_version_(all.gate.version()),
      loop_(static_cast<std::uint32_t>(loop)) {
    for (const Action action : admitted.wish.actions) actions_ |= bit_of(action);
    if (visitor().expires || admitted.until) need_times().until = admitted.until;
}

Wish Membership::wish() const {
    Wish wish = {.visitor = visitor(), .channel = channel()};
    for (const Action action : all_actions)
        if ((actions_ & bit_of(action)) != 0) wish.actions.push_back(action);
    return wish;
}

std::optional<std::string> Membership::listed_user() const {
    return listed_ ? std::optional(visitor().user) : std::nullopt;
}

Alarms& Membership::alarms() const noexcept {
    return all_.hub_loops.alarms(loop_);
}

// ---- coming and going ---------------------------------------------------------------------------

void Membership::join(const hub::HistoryQuery& wanted) {
    all_.tally.add(loop_, DialectTally::opened);
    if (times_) {
        times_->expiry.set(alarms(), visitor().expires, [this] { on_expired(); });
        times_->recheck.set(alarms(), times_->until, [this] { ask_again(); });
    }
    hub::Hub::Joining joining = {.channel = channel(), .member = id_, .history = wanted};
    if (rule_->keeps_presence && !visitor().user.empty()) {
        listed_ = true;
        joining.who = hub::Presence{.user = visitor().user, .info = visitor().info};
    }
    all_.hub_loops.hub().join(std::move(joining),
                              [&all = all_, ref = ref(), id = id_, user = listed_user(),
                               channel = channel()](Result<hub::History> history) {
                                  if (Membership* const there = all.find(ref))
                                      there->enter(std::move(history));
                                  else if (history)
                                      all.hub_loops.hub().leave(channel, id, user);
                              });
}

void Membership::enter(Result<hub::History> history) {
    if (!history) return on_not_joined(history.error());
    joined_ = true;
    on_joined(std::move(*history));
}

void Membership::end() {
    if (ended_) return;
    ended_ = true;
    times_.reset();
    if (joined_) all_.hub_loops.hub().leave(channel(), id_, listed_user());
    all_.tally.add(loop_, DialectTally::closed);
    all_.retire(ref());
}

// ---- whether they may stay ----------------------------------------------------------------------

void Membership::ask_again() {
    ask(all_.gate, wish(), [&all = all_, ref = ref()](Verdict verdict, Visitor known) {
        all.with(ref,
                 [verdict = std::move(verdict), known = std::move(known)](
                     Membership& there) mutable { there.asked_again(verdict, std::move(known)); });
    });
}

void Membership::asked_again(const Verdict& verdict, Visitor known) {
    if (!verdict.allows()) return on_refused(verdict);
    if (known.user != visitor().user)
        return on_refused({.status = 401,
                           .reason = "Your token now names another user. Reconnect to continue as "
                                     "that user."});
    *visitor_ = std::move(known);
    need_times().recheck.set(alarms(), verdict.expires, [this] { ask_again(); });
}

// ---- who is there -------------------------------------------------------------------------------

void Membership::watch_presence() {
    if (const auto verdict = all_.gate.judge(visitor(), Action::presence, channel()))
        return show_presence(*verdict);
    asks_presence_ = true;
    all_.gate.ask(visitor(), Action::presence, channel(),
                  [&all = all_, ref = ref()](Verdict verdict) {
                      all.with(ref, [verdict = std::move(verdict)](Membership& there) {
                          there.show_presence(verdict);
                      });
                  });
}

/// For as long as they may.
void Membership::show_presence(const Verdict& verdict) {
    asks_presence_ = false;
    const bool saw = sees_presence_;
    sees_presence_ = verdict.allows();
    if (sees_presence_ && (times_ || verdict.expires))
        need_times().presence_recheck.set(alarms(), verdict.expires, [this] { watch_presence(); });
    if (forgets_) forget_visitor();
    if (sees_presence_ != saw) on_presence(verdict);
}

// ---- publishing ---------------------------------------------------------------------------------

void Membership::publish(Message message) {
    if (!order_.waits()) return consider(message);
    if (!order_.keep(Kept(message), message.size()))
        on_unpublished(Unpublished::refused, {.status = 429, .reason = std::string(too_many_kept)});
}

void Membership::consider(Message message) {
    all_.tally.add_received(loop_, message.size());
    if (rule_version_ != all_.gate.version()) {
        rule_version_ = all_.gate.version();
        rule_ = all_.gate.rule_of(channel());
    }
    const auto verdict = all_.gate.judge(visitor(), Action::publish, channel());
    if (!verdict)
        ask_to_publish(message);
    else if (verdict->allows())
        publish_allowed(message);
    else
        on_unpublished(Unpublished::refused, *verdict);
}

void Membership::ask_to_publish(Message message) {
    order_.wait();
    all_.gate.ask_to_publish(
        visitor(), channel(), message,
        [&all = all_, ref = ref(), asked = Kept(message)](Verdict given) mutable {
            all.with(ref, [asked = std::move(asked), given = std::move(given)](Membership& there) {
                if (given.allows())
                    there.publish_allowed(asked.message());
                else
                    there.on_unpublished(Unpublished::refused, given);
                there.order_.go_on([&there](const Kept& next) {
                    if (there.ended_ || !there.is_open()) return false;
                    there.consider(next.message());
                    return true;
                });
            });
        });
}

void Membership::publish_allowed(Message message) {
    if (!all_.hub_loops.takes_publications())
        return on_unpublished(Unpublished::server_leaves,
                              {.status = 503, .reason = std::string(leaving_reason)});
    hub::Content content = {.message = message};
    name_sender(content, visitor(), *rule_);
    all_.hub_loops.hub().publish(
        {.channel = channel(),
         .content = content,
         .history = {.count = rule_->history_count, .age = rule_->history_age},
         .publisher = hears_itself_ ? hub::MemberId{} : id_},
        [&all = all_, ref = ref()](const Result<hub::Position>& position) {
            if (position) return;
            all.with(ref, [reason = position.error().message()](Membership& there) {
                there.on_unpublished(Unpublished::failed, {.status = 503, .reason = reason});
            });
        });
}

}  // namespace longwire::dialects
