#pragma once

#include "dialects/membership.hpp"
#include "dialects/raw/asker.hpp"
#include "dialects/raw/event_streams.hpp"
#include "engine/http/many_replies.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/response.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace longwire::dialects::raw {

/// One client that reads one channel. It is answered when it has joined.
class EventStreams::Member final : public Membership, private engine::ReplyListener {
public:
    /// What it gets of what happens.
    struct Form {
        bool json = false;      // each message in a JSON object
        bool presence = false;  // who comes and goes

        friend bool operator==(const Form&, const Form&) = default;
    };

    Member(EventStreams& all, const Asker& asker, const Wish& wish);
    ~Member() override { engine::listen(reply_, nullptr); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    [[nodiscard]] const HttpReply& reply() const noexcept { return reply_; }
    /// Once it has its answer's head, and is told of what happens.
    [[nodiscard]] Audience* audience() const noexcept { return audience_; }
    [[nodiscard]] Form form() const noexcept { return form_; }
    /// In its audience.
    [[nodiscard]] std::uint32_t& place() noexcept { return place_; }

    /// Of what it is too slow for, it gets the latest.
    [[nodiscard]] bool latest_only() const noexcept { return latest_only_; }
    [[nodiscard]] bool lags() const noexcept {
        return latest_only_ && (latest_ != nullptr || reply_.buffered_amount() > 0);
    }
    /// Until what was written before has left, or there is a newer one.
    void keep(const hub::SharedPublication& latest);
    void leave();

private:
    /// What is known of it until it has its answer's head.
    struct Opening {
        std::string origin;  // as the asker's
        bool with_cookies;
        bool may_miss;
    };

    void on_reply_closed() override { leave(); }
    void on_reply_leaving() override;
    void on_reply_drained() override;
    void on_joined(hub::History history) override;
    void on_not_joined(const Error& why) override;
    void on_expired() override { on_refused({.status = 401, .reason = "Your token has expired."}); }
    void on_refused(const Verdict& why) override;
    void on_presence(const Verdict& verdict) override;
    void send(const hub::Publication& publication);
    void answer(Response response);

    EventStreams& streams_;
    HttpReply reply_;
    std::unique_ptr<const Opening> opening_;
    Audience* audience_ = nullptr;
    std::unique_ptr<hub::SharedPublication> latest_;
    std::uint32_t place_ = 0;
    Form form_;
    bool latest_only_;
};

}  // namespace longwire::dialects::raw
