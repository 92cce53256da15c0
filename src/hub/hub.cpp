#include "hub/hub.hpp"

#include <utility>
#include <vector>

namespace longwire::hub {

/// The members of one channel. Members may join and leave while a message is delivered.
class Hub::Channel {
public:
    void add(Member& member) {
        if (!places_.try_emplace(&member, members_.size()).second) return;
        members_.push_back(&member);
    }

    void remove(Member& member) {
        const auto found = places_.find(&member);
        if (found == places_.end()) return;
        const std::size_t place = found->second;
        places_.erase(found);
        if (delivering_ > 0) {
            members_[place] = nullptr;
            ++gaps_;
            return;
        }
        fill(place);
    }

    void deliver(const Publication& publication, const Member* except) {
        ++delivering_;
        // Those that join meanwhile stand behind the end, and do not get this message.
        const std::size_t count = members_.size();
        const Dialect* dialect = nullptr;
        const Encoding* encoding = nullptr;
        std::vector<std::pair<const Dialect*, std::unique_ptr<const Encoding>>> encodings;
        for (std::size_t place = 0; place < count; ++place) {
            Member* const member = members_[place];
            if (member == nullptr || member == except) continue;
            if (&member->dialect() != dialect) {
                dialect = &member->dialect();
                encoding = nullptr;
                for (const auto& [known, encoded] : encodings)
                    if (known == dialect) encoding = encoded.get();
                if (encoding == nullptr) {
                    encodings.emplace_back(dialect, dialect->encode(publication));
                    encoding = encodings.back().second.get();
                }
            }
            member->deliver(*encoding);
        }
        if (--delivering_ == 0) close_gaps();
    }

    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    [[nodiscard]] bool delivering() const noexcept { return delivering_ > 0; }

private:
    void close_gaps() {
        for (std::size_t place = 0; gaps_ > 0;) {
            if (members_[place] != nullptr) {
                ++place;
                continue;
            }
            fill(place);
            --gaps_;
        }
    }

    /// Moves the last member to `place`, which nobody holds any more.
    void fill(std::size_t place) {
        members_[place] = members_.back();
        members_.pop_back();
        if (place < members_.size() && members_[place] != nullptr) places_[members_[place]] = place;
    }

    std::vector<Member*> members_;  // null: left while a message was delivered
    std::unordered_map<const Member*, std::size_t> places_;
    std::size_t gaps_ = 0;
    int delivering_ = 0;
};

Hub::Hub() = default;
Hub::~Hub() = default;

void Hub::subscribe(std::string_view channel, Member& member) {
    auto found = channels_.find(channel);
    if (found == channels_.end())
        found = channels_.emplace(channel, std::make_unique<Channel>()).first;
    found->second->add(member);
}

void Hub::unsubscribe(std::string_view channel, Member& member) {
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return;
    found->second->remove(member);
    if (found->second->size() == 0 && !found->second->delivering()) channels_.erase(found);
}

void Hub::publish(std::string_view channel, Message message, const Member* except) {
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return;
    // Its members may all leave while it delivers; the channel stays until it is done.
    Channel& delivering = *found->second;
    const std::string name = found->first;
    delivering.deliver({.channel = name, .message = message}, except);
    if (delivering.size() == 0 && !delivering.delivering()) channels_.erase(name);
}

std::size_t Hub::member_count(std::string_view channel) const {
    const auto found = channels_.find(channel);
    return found == channels_.end() ? 0 : found->second->size();
}

}  // namespace longwire::hub
