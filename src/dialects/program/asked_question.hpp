#pragma once

#include "dialects/gate.hpp"

#include <longwire/hub.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace longwire::dialects {

/// The answer to a question, which may come before somebody waits for it, and on another thread.
class PendingAnswer {
public:
    /// The first counts.
    void give(Verdict verdict);
    /// `wait` is called once, at once where the answer is there.
    void then(std::move_only_function<void(Verdict)> wait);
    [[nodiscard]] std::optional<Verdict> given() const;

private:
    mutable std::mutex mutex_;
    std::optional<Verdict> verdict_;
    std::move_only_function<void(Verdict)> wait_;
};

/// What stands behind a AuthorizationRequest.
struct AskedQuestion {
    ChannelUser user;
    std::string address;
    ChannelAction action;
    std::string channel;
    std::shared_ptr<PendingAnswer> answer;
};

}  // namespace longwire::dialects
