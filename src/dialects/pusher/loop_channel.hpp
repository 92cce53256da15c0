#pragma once

#include "dialects/pusher/app.hpp"
#include "dialects/pusher/recovery.hpp"
#include "engine/named_set.hpp"
#include "hub/broker.hpp"
#include "hub/position.hpp"
#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

/// Somebody who is about to be on a channel, and may have to wait for that.
struct Coming {
    std::uint64_t client = 0;
    std::uint64_t serial = 0;   // of the subscription
    hub::History history = {};  // from before
    std::optional<Recovery::Left> goes_on = std::nullopt;
    bool greeted = false;  // is told who comes and goes from then on
    std::deque<hub::SharedPublication> publications = {};  // that came meanwhile, or were missed
    std::vector<hub::PresenceChange> changes = {};         // until it is greeted
};

/// One channel, as far as there are clients of one loop on it. On the thread of that loop.
class LoopChannel {
public:
    static constexpr std::string_view topic_prefix = "pusher:";

    LoopChannel(SharedApp app, std::string_view hub_name)
        : app_(std::move(app)), topic_(std::string(topic_prefix).append(hub_name)) {}

    [[nodiscard]] const App& app() const noexcept { return *app_; }
    [[nodiscard]] const std::string& topic() const noexcept { return topic_; }
    [[nodiscard]] std::string_view hub_name() const noexcept {
        return std::string_view(topic_).substr(topic_prefix.size());
    }
    /// As clients know it.
    [[nodiscard]] std::string_view name() const noexcept {
        return hub_name().substr(app_->settings.prefix.size());
    }

    void add_member() noexcept { ++members_; }
    /// True: the last has gone.
    [[nodiscard]] bool remove_member() noexcept { return --members_ == 0; }

    /// Those who come. (An address holds until another comes or has come.)
    [[nodiscard]] std::span<Coming> coming() noexcept {
        return particulars_ ? std::span(particulars_->coming) : std::span<Coming>();
    }
    [[nodiscard]] Coming* find_coming(std::uint64_t client, std::uint64_t serial) noexcept;
    void begin_coming(Coming one) { need_particulars().coming.push_back(std::move(one)); }
    void end_coming(std::uint64_t client) noexcept;

    /// Clients that no topic reaches.
    [[nodiscard]] std::span<const std::uint64_t> without_topic() const noexcept {
        return particulars_ ? std::span(particulars_->without_topic)
                            : std::span<const std::uint64_t>();
    }
    void add_without_topic(std::uint64_t client) {
        need_particulars().without_topic.push_back(client);
    }
    void remove_without_topic(std::uint64_t client) noexcept;

    /// What is delivered from now on is noted, for those who come back. `top` was before.
    void begin_log(hub::Position top);
    /// That was published there, and is delivered: as the one of this number on its loop.
    void note_delivery(std::uint64_t number, hub::Position position);
    /// Up to where somebody has got all who has got this much of what its loop delivers. None where
    /// it is not noted.
    [[nodiscard]] std::optional<hub::Position> position_at(std::uint64_t number) const noexcept;
    /// Whether something has been delivered after that number.
    [[nodiscard]] bool delivered_after(std::uint64_t number) const noexcept {
        return log_ && !log_->latest.empty() && log_->latest.back().number > number;
    }

private:
    struct Delivered {
        std::uint64_t number = 0;  // on the loop
        std::uint64_t offset = 0;
    };
    struct Log {
        hub::Position top;
        std::deque<Delivered> latest;
    };
    struct Particulars {
        std::vector<Coming> coming;
        std::vector<std::uint64_t> without_topic;
    };
    Particulars& need_particulars() {
        if (!particulars_) particulars_ = std::make_unique<Particulars>();
        return *particulars_;
    }
    void drop_particulars_if_empty() noexcept {
        if (particulars_->coming.empty() && particulars_->without_topic.empty())
            particulars_.reset();
    }

    SharedApp app_;
    std::string topic_;
    std::size_t members_ = 0;
    // There may be very many channels, of which most need neither.
    std::unique_ptr<Particulars> particulars_;
    std::unique_ptr<Log> log_;
};

using LoopChannels = engine::NamedSet<LoopChannel, &LoopChannel::hub_name>;

}  // namespace longwire::dialects::pusher
