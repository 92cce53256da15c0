#include "dialects/admission.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace longwire::dialects {

namespace {

void shorten(Verdict& verdict, const Verdict& other) {
    if (!other.expires) return;
    verdict.expires = verdict.expires ? std::min(*verdict.expires, *other.expires) : other.expires;
}

/// One that is being granted or refused, action by action.
struct Asking {
    Gate& gate;
    Wish wish;
    std::move_only_function<void(Verdict, Visitor)> answer;
    std::size_t next = 0;
    Verdict so_far = {};
};

void go_on(std::shared_ptr<Asking> asking);

void take(std::shared_ptr<Asking> asking, Verdict verdict) {
    if (!verdict.allows())
        return asking->answer(std::move(verdict), std::move(asking->wish.visitor));
    shorten(asking->so_far, verdict);
    ++asking->next;
    go_on(std::move(asking));
}

void go_on(std::shared_ptr<Asking> asking) {
    Asking& its = *asking;
    if (its.next == its.wish.actions.size())
        return its.answer(std::move(its.so_far), std::move(its.wish.visitor));
    const Action action = its.wish.actions[its.next];
    if (auto verdict = its.gate.judge(its.wish.visitor, action, its.wish.channel))
        return take(std::move(asking), std::move(*verdict));
    auto taken = [asking](Verdict verdict) { take(asking, std::move(verdict)); };
    if (action == Action::publish)
        its.gate.ask_to_publish(its.wish.visitor, its.wish.channel,
                                {its.wish.type, std::as_bytes(std::span(its.wish.message))},
                                std::move(taken));
    else
        its.gate.ask(its.wish.visitor, action, its.wish.channel, std::move(taken));
}

}  // namespace

std::optional<Verdict> judge(Gate& gate, const Wish& wish) {
    return judge(gate, wish.visitor, wish.actions, wish.channel);
}

std::optional<Verdict> judge(Gate& gate, const Visitor& visitor, std::span<const Action> actions,
                             const std::string& channel) {
    if (visitor.to_introduce) return std::nullopt;
    // Whatever is refused at once need not be asked for.
    Verdict all;
    bool asks = false;
    for (const Action action : actions) {
        auto verdict = gate.judge(visitor, action, channel);
        asks = asks || !verdict;
        if (!verdict) continue;
        if (!verdict->allows()) return verdict;
        shorten(all, *verdict);
    }
    if (asks) return std::nullopt;
    return all;
}

void ask(Gate& gate, Wish wish, std::move_only_function<void(Verdict, Visitor)> answer) {
    auto asking = std::make_shared<Asking>(
        Asking{.gate = gate, .wish = std::move(wish), .answer = std::move(answer)});
    if (!asking->wish.visitor.to_introduce) return go_on(std::move(asking));
    const Visitor& visitor = asking->wish.visitor;
    gate.introduce(visitor, [asking](Verdict verdict, Visitor introduced) {
        asking->wish.visitor = std::move(introduced);
        if (!verdict.allows())
            return asking->answer(std::move(verdict), std::move(asking->wish.visitor));
        shorten(asking->so_far, verdict);
        go_on(asking);
    });
}

Response refusal_of(const Verdict& verdict) {
    Response response = Response::text(verdict.status, verdict.reason);
    // RFC 9110, section 15.5.2
    if (verdict.status == 401) response.with("WWW-Authenticate", "Bearer");
    if (verdict.status == 503) response.with("Retry-After", "5");
    if (verdict.status == 429) response.with("Retry-After", "1");
    return response;
}

Response leaving_refusal() {
    return Response::text(503, leaving_reason).with("Retry-After", "1").with("Connection", "close");
}

}  // namespace longwire::dialects
