#pragma once

#include "access/channel_rule.hpp"
#include "dialects/admission.hpp"
#include "dialects/alarms.hpp"
#include "dialects/dialect_tally.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/publishing_order.hpp"
#include "hub/hub.hpp"

#include <longwire/error.hpp>
#include <longwire/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace longwire::dialects {

class Memberships;

/// Somebody on a channel, from when they were let in until they go: joins the hub for them and
/// leaves it, publishes in their order, asks again where they were let in for some time only, and
/// knows whether they may see who is there. A dialect derives from it, and tells its client what
/// happens; what is delivered does not come by here. On the thread of its loop only.
class Membership {
public:
    /// `all` must outlive it. On the loop of this number.
    Membership(Memberships& all, std::size_t loop, Admitted admitted);
    virtual ~Membership() = default;
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    [[nodiscard]] std::size_t loop() const noexcept { return loop_; }
    [[nodiscard]] hub::MemberId id() const noexcept { return id_; }
    [[nodiscard]] LoopRef ref() const noexcept { return {.loop = loop_, .number = id_.number}; }
    [[nodiscard]] const std::string& channel() const noexcept { return channel_; }
    [[nodiscard]] const Visitor& visitor() const noexcept { return *visitor_; }
    [[nodiscard]] bool joined() const noexcept { return joined_; }
    [[nodiscard]] bool sees_presence() const noexcept { return sees_presence_; }
    /// As it was when they came, or last published.
    [[nodiscard]] const access::ChannelRule& rule() const noexcept { return *rule_; }
    /// Their own messages are delivered to them too.
    void hear_itself(bool hears) noexcept { hears_itself_ = hears; }

    /// Once, when the table has it.
    void join(const hub::HistoryQuery& wanted);
    /// After all that they have published before.
    void publish(Message message);
    /// From now on `sees_presence` says whether they may see who is there.
    void watch_presence();
    /// They go, and nobody finds them any more. This is destroyed when the turn is over.
    void end();

protected:
    /// They are on the channel; that was published before.
    virtual void on_joined(hub::History history) = 0;
    virtual void on_not_joined(const Error& why) = 0;
    /// They may not stay: what they have shown has expired ...
    virtual void on_expired() = 0;
    /// ... or that is said of them by now.
    virtual void on_refused(const Verdict& why) = 0;
    /// `sees_presence` is another. Where it is false, `verdict` says why.
    virtual void on_presence(const Verdict& /*verdict*/) {}
    enum class Unpublished : std::uint8_t { refused, failed, server_leaves };
    /// A message of theirs was not published.
    virtual void on_unpublished(Unpublished /*how*/, const Verdict& /*why*/) {}
    /// Whether what has waited may still be published.
    [[nodiscard]] virtual bool is_open() const { return true; }

    [[nodiscard]] DialectTally& tally() const noexcept;
    /// Of its loop.
    [[nodiscard]] Alarms& alarms() const noexcept;
    /// For one who publishes nothing: who they are is forgotten once nobody will be asked about
    /// them any more.
    void forget_visitor() noexcept {
        forgets_ = true;
        if (!times_ && !listed_ && !asks_presence_) visitor_.reset();
    }

private:
    struct Kept {
        MessageType type;
        std::string payload;

        explicit Kept(Message message) : type(message.type()), payload(message.text()) {}
        [[nodiscard]] Message message() const { return {type, std::as_bytes(std::span(payload))}; }
    };

    /// Of those who may not stay for ever.
    struct Times {
        std::optional<std::chrono::sys_seconds> until;  // when to ask again, as they came
        Alarm expiry;
        Alarm recheck;
        Alarm presence_recheck;
    };

    Times& need_times() {
        if (!times_) times_ = std::make_unique<Times>();
        return *times_;
    }
    [[nodiscard]] Wish wish() const;
    [[nodiscard]] std::optional<std::string> listed_user() const;
    void enter(Result<hub::History> history);
    void ask_again();
    void asked_again(const Verdict& verdict, Visitor known);
    void show_presence(const Verdict& verdict);
    void consider(Message message);
    void ask_to_publish(Message message);
    void publish_allowed(Message message);

    // There are very many of these: what only some need is behind pointers.
    Memberships& all_;
    hub::MemberId id_;
    std::string channel_;
    std::unique_ptr<Visitor> visitor_;
    std::shared_ptr<const access::ChannelRule> rule_;
    std::uint64_t rule_version_;
    std::unique_ptr<Times> times_;
    PublishingOrder<Kept> order_;
    std::uint32_t loop_;
    std::uint8_t actions_ = 0;  // what they were let in for, as bits
    bool listed_ : 1 = false;   // among those who are there
    bool joined_ : 1 = false;
    bool ended_ : 1 = false;
    bool sees_presence_ : 1 = false;
    bool hears_itself_ : 1 = false;
    bool asks_presence_ : 1 = false;
    bool forgets_ : 1 = false;
};

/// The memberships of one dialect, and what they share. Each goes by itself (`Membership::end`).
class Memberships : public LoopTable<Membership> {
public:
    /// All must outlive this.
    Memberships(HubLoops& hub_loops, Gate& gate, DialectTally& tally)
        : LoopTable(hub_loops.loops()), hub_loops(hub_loops), gate(gate), tally(tally) {}

    HubLoops& hub_loops;
    Gate& gate;
    DialectTally& tally;
};

inline DialectTally& Membership::tally() const noexcept {
    return all_.tally;
}

/// The memberships of a dialect that are all of one kind.
template <class Kind>
class MembershipsOf final : public Memberships {
public:
    using Memberships::Memberships;

    Kind& add(std::unique_ptr<Kind> member) {
        Kind& added = *member;
        Memberships::add(added.ref(), std::move(member));
        return added;
    }
    [[nodiscard]] Kind* find(LoopRef ref) const noexcept {
        return static_cast<Kind*>(Memberships::find(ref));
    }
    /// Null where it is none of this loop.
    [[nodiscard]] Kind* find(std::size_t loop, hub::MemberId id) const noexcept {
        if (id.number == 0 || id.outlet != hub_loops.outlet_of(loop)) return nullptr;
        return find({.loop = loop, .number = id.number});
    }
    /// `visit` adds nothing and removes nothing.
    template <class Visit>
    void each(std::size_t loop, Visit&& visit) const {
        Memberships::each(loop, [&](Membership& member) { visit(static_cast<Kind&>(member)); });
    }
};

}  // namespace longwire::dialects
