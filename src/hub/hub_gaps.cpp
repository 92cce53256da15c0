// What the hub does where publications of a channel are missing: it asks the broker for them.
#include "hub/hub.hpp"

#include <utility>

namespace longwire::hub {

void Hub::carry_out(Shard& shard, const std::string& name, Channel& channel,
                    const Channel::Step& step) {
    if (step.interrupted) {
        ++interruptions_;
        channel.each_outlet(
            [&](std::uint32_t outlet) { outlets_[outlet]->interrupt(name, *step.interrupted); });
    }
    for (const SharedPublication& publication : step.publications) deliver(channel, publication);
    if (step.ask) ask(name, channel);
    if (channel.has_gap()) shard.gaps.insert(name);
}

/// The broker may be in the middle of telling something, so it is asked from elsewhere.
void Hub::ask(const std::string& name, Channel& channel) {
    const std::uint64_t question = ++questions_;
    const Position since = channel.ask(question);
    std::uint32_t through = 0;
    channel.each_outlet([&](std::uint32_t outlet) { through = outlet; });
    outlets_[through]->run([this, name, question, since] {
        broker_.history(name, {.since = since},
                        [this, name, question](const Result<History>& answer) {
                            answered(name, question, answer);
                        });
    });
}

void Hub::answered(const std::string& name, std::uint64_t question, const Result<History>& answer) {
    Shard& shard = shard_of(name);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.channels.find(name);
    if (found == shard.channels.end()) return;
    Channel& channel = found->second;
    carry_out(shard, name, channel, channel.fill(question, answer, options_.now()));
}

void Hub::wait_for_missing(Shard& shard, Clock::time_point now) {
    const std::scoped_lock lock(shard.mutex);
    for (const std::string& name : std::exchange(shard.gaps, {})) {
        const auto found = shard.channels.find(name);
        if (found == shard.channels.end()) continue;
        Channel& channel = found->second;
        carry_out(shard, name, channel, channel.wait(now, options_.gap_patience));
    }
}

/// A publication that was lost and that none has followed is noticed by asking only: some of the
/// channels each time.
void Hub::look(Clock::time_point now) {
    const Clock::duration pause = options_.look_every / shards_.size();
    for (std::size_t looks = 0; now - looked_ >= pause && looks < shards_.size(); ++looks) {
        looked_ += pause;
        Shard& shard = shards_.at(looks_at_++ % shards_.size());
        const std::scoped_lock lock(shard.mutex);
        for (auto& [name, channel] : shard.channels)
            if (channel.suspect(now)) carry_out(shard, name, channel, {.ask = true});
    }
}

}  // namespace longwire::hub
