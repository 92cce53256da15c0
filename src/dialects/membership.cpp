#include "dialects/membership.hpp"

#include "dialects/sender.hpp"

#include <utility>

namespace longwire::dialects {

Membership::Membership(Memberships& all, std::size_t loop, Admitted admitted)
    : all_(all),
      loop_(loop),
      id_(all.hub_loops.new_member(loop)),
      admitted_(std::move(admitted)),
      rule_(all.gate.rule_of(channel())),
      rule_version_(all.gate.version()) {}

Alarms& Membership::alarms() const noexcept {
    return all_.hub_loops.alarms(loop_);
}

// ---- coming and going ---------------------------------------------------------------------------

void Membership::join(const hub::HistoryQuery& wanted) {
    all_.tally.add(loop_, DialectTally::opened);
    expiry_.set(alarms(), visitor().expires, [this] { on_expired(); });
    recheck_.set(alarms(), admitted_.until, [this] { ask_again(); });
    hub::Hub::Joining joining = {.channel = channel(), .member = id_, .history = wanted};
    if (rule_->keeps_presence && !visitor().user.empty()) {
        user_ = visitor().user;
        joining.who = hub::Presence{.user = visitor().user, .info = visitor().info};
    }
    all_.hub_loops.hub().join(std::move(joining),
                              [&all = all_, ref = ref(), id = id_, user = user_,
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
    if (std::exchange(ended_, true)) return;
    for (Alarm* const alarm : {&expiry_, &recheck_, &presence_recheck_}) alarm->call_off();
    if (joined_) all_.hub_loops.hub().leave(channel(), id_, user_);
    all_.tally.add(loop_, DialectTally::closed);
    all_.retire(ref());
}

// ---- whether they may stay ----------------------------------------------------------------------

void Membership::ask_again() {
    ask(all_.gate, admitted_.wish, [&all = all_, ref = ref()](Verdict verdict, Visitor known) {
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
    admitted_.wish.visitor = std::move(known);
    recheck_.set(alarms(), verdict.expires, [this] { ask_again(); });
}

// ---- who is there -------------------------------------------------------------------------------

void Membership::watch_presence() {
    if (const auto verdict = all_.gate.judge(visitor(), Action::presence, channel()))
        return show_presence(*verdict);
    all_.gate.ask(visitor(), Action::presence, channel(),
                  [&all = all_, ref = ref()](Verdict verdict) {
                      all.with(ref, [verdict = std::move(verdict)](Membership& there) {
                          there.show_presence(verdict);
                      });
                  });
}

/// For as long as they may.
void Membership::show_presence(const Verdict& verdict) {
    const bool saw = std::exchange(sees_presence_, verdict.allows());
    if (sees_presence_)
        presence_recheck_.set(alarms(), verdict.expires, [this] { watch_presence(); });
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
