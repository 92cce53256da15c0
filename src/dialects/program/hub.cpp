#include "hub/hub.hpp"
#include "dialects/program/hub_access.hpp"
#include "dialects/program/program_hub.hpp"

#include <longwire/hub.hpp>

#include <utility>

namespace longwire {

Hub::Hub(Server& server, HubOptions options)
    : inside_(std::make_shared<dialects::ProgramHub>(server, std::move(options))) {}
Hub::~Hub() = default;

void Hub::publish(std::string_view channel, Message message, PublishOptions options) {
    inside_->publish(channel, message, std::move(options));
}

Subscription Hub::subscribe(std::string_view channel, SubscriptionHandlers handlers,
                            const HistoryQuery& history, ChannelUser as) {
    return inside_->subscribe(channel, std::move(handlers), history, std::move(as));
}

void Hub::history(std::string_view channel, const HistoryQuery& wish,
                  std::function<void(Result<ChannelHistory>)> answer) const {
    inside_->history(channel, wish, std::move(answer));
}

void Hub::presence(std::string_view channel,
                   std::function<void(Result<std::vector<ChannelUser>>)> answer) const {
    inside_->presence(channel, std::move(answer));
}

std::vector<ListedChannel> Hub::channels(std::string_view prefix, std::string_view after,
                                         std::size_t count) const {
    std::vector<ListedChannel> listed;
    for (auto& one : inside_->hub().channels(prefix, after, count))
        listed.push_back({std::move(one.name), one.members});
    return listed;
}

HubCounts Hub::counts() const {
    return inside_->counts();
}

// ---- what it gives out --------------------------------------------------------------------------

ChannelMessage::ChannelMessage(std::shared_ptr<const hub::Publication> publication) noexcept
    : publication_(std::move(publication)) {}

const std::string& ChannelMessage::channel() const noexcept {
    return publication_->channel();
}

Message ChannelMessage::message() const noexcept {
    return publication_->message();
}

const std::string& ChannelMessage::event() const noexcept {
    return publication_->event();
}

const std::string& ChannelMessage::info() const noexcept {
    return publication_->info();
}

const std::string& ChannelMessage::user() const noexcept {
    return publication_->user();
}

bool ChannelMessage::is_json() const noexcept {
    return publication_->form() != hub::Form::plain;
}

std::string ChannelMessage::position() const {
    return to_text(publication_->position());
}

}  // namespace longwire
