#pragma once

#include "hub/position.hpp"

#include <longwire/message.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::hub {

using Clock = std::chrono::steady_clock;

/// One connection of a dialect, as the hub knows it; over all dialects no two have the same. (The
/// hub looks at the outlet only.)
struct MemberId {
    std::uint32_t outlet = 0;
    std::uint64_t number = 0;  // 0: nobody

    friend bool operator==(const MemberId&, const MemberId&) = default;
};

/// What a text is. (Some dialects carry values and not texts.)
enum class Form : std::uint8_t {
    plain,      ///< just that
    json,       ///< one value in JSON
    arguments,  ///< an array in JSON: the arguments of an event. Where bytes stand among them,
                ///< there is {"_placeholder":true,"num":N} for attachment N.
};

/// What is published, as views.
struct Content {
    Message message;
    /// The event's name, for dialects that have some; empty: none in particular.
    std::string_view event = {};
    Form form = Form::plain;  ///< Bytes are plain.
    std::span<const std::string> attachments = {};
    /// Who sent it, as the server knows it (no client says so itself), and what others see beside
    /// the name, in JSON; empty where nobody is known.
    std::string_view user = {};
    std::string_view info = {};
    /// It comes from a client that may send events to its peers (Pusher's "client events").
    bool is_client_event = false;
};

/// One message on one channel, shared by all who get it. Any thread.
class Publication {
public:
    Publication(std::string channel, const Content& content, Position position,
                Clock::time_point when, MemberId publisher)
        : channel_(std::move(channel)),
          payload_(content.message.text()),
          position_(position),
          when_(when),
          publisher_(publisher),
          type_(content.message.type()),
          form_(content.form),
          is_client_event_(content.is_client_event) {
        if (!content.event.empty() || !content.user.empty() || !content.info.empty() ||
            !content.attachments.empty())
            particulars_ = std::make_unique<const Particulars>(content);
    }
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    [[nodiscard]] const std::string& channel() const noexcept { return channel_; }
    [[nodiscard]] Message message() const noexcept {
        return {type_, std::as_bytes(std::span(payload_))};
    }
    [[nodiscard]] const std::string& event() const noexcept { return particulars().event; }
    [[nodiscard]] Form form() const noexcept { return form_; }
    [[nodiscard]] const std::vector<std::string>& attachments() const noexcept {
        return particulars().attachments;
    }
    [[nodiscard]] const std::string& user() const noexcept { return particulars().user; }
    [[nodiscard]] const std::string& info() const noexcept { return particulars().info; }
    [[nodiscard]] bool is_client_event() const noexcept { return is_client_event_; }
    [[nodiscard]] Position position() const noexcept { return position_; }
    [[nodiscard]] Clock::time_point when() const noexcept { return when_; }
    /// Who is not to get it back.
    [[nodiscard]] MemberId publisher() const noexcept { return publisher_; }

    /// All that it holds, in bytes.
    [[nodiscard]] std::size_t size() const noexcept {
        const auto& [event, user, info, attachments] = particulars();
        std::size_t bytes =
            channel_.size() + payload_.size() + event.size() + user.size() + info.size();
        for (const std::string& attachment : attachments) bytes += attachment.size();
        return bytes;
    }

    /// What the encoding of the number `which` makes of it: made by the first who asks;
    /// `make` asks for no other.
    template <class Encoded, class Make>
    [[nodiscard]] const Encoded& encoded(std::size_t which, Make&& make) const {
        const Encoding* found = find(which);
        if (found == nullptr) {
            const std::scoped_lock lock(making());
            found = find(which);
            if (found == nullptr)
                found = &add(which, std::make_unique<EncodingAs<Encoded>>(make()));
        }
        return static_cast<const EncodingAs<Encoded>*>(found)->value;
    }

private:
    // Most publications have nothing of this.
    struct Particulars {
        Particulars() = default;
        explicit Particulars(const Content& content)
            : event(content.event),
              user(content.user),
              info(content.info),
              attachments(content.attachments.begin(), content.attachments.end()) {}

        std::string event;
        std::string user;
        std::string info;
        std::vector<std::string> attachments;
    };
    static const Particulars no_particulars;
    [[nodiscard]] const Particulars& particulars() const noexcept {
        return particulars_ ? *particulars_ : no_particulars;
    }

    // And of these most have one or two.
    struct Encoding {
        Encoding() = default;
        virtual ~Encoding() = default;
        Encoding(const Encoding&) = delete;
        Encoding& operator=(const Encoding&) = delete;

        std::size_t which = 0;
        std::unique_ptr<Encoding> next;
    };
    template <class Encoded>
    struct EncodingAs final : Encoding {
        template <class Made>
        explicit EncodingAs(Made&& made) : value(std::forward<Made>(made)) {}
        ~EncodingAs() override = default;

        Encoded value;
    };

    [[nodiscard]] const Encoding* find(std::size_t which) const noexcept {
        const Encoding* encoding = encodings_.load(std::memory_order_acquire);
        while (encoding != nullptr && encoding->which != which) encoding = encoding->next.get();
        return encoding;
    }
    const Encoding& add(std::size_t which, std::unique_ptr<Encoding> encoding) const noexcept;
    /// Shared with some other publications.
    [[nodiscard]] std::mutex& making() const noexcept;

    std::string channel_;
    std::string payload_;
    std::unique_ptr<const Particulars> particulars_;
    Position position_;
    Clock::time_point when_;
    MemberId publisher_;
    MessageType type_;
    Form form_;
    bool is_client_event_;
    // The latest first; what is in the list stays there. This owns them.
    mutable std::atomic<Encoding*> encodings_ = nullptr;
};

using SharedPublication = std::shared_ptr<const Publication>;

}  // namespace longwire::hub
