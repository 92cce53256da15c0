#include "net/memory_pair.hpp"

#include "net/stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace longwire::net {

namespace {

/// Bytes from one end to the other.
struct Direction {
    std::vector<std::byte> bytes;
    std::size_t begin = 0;
    bool ended = false;
    bool reset = false;  // by who writes
    bool deaf = false;   // who reads has gone

    [[nodiscard]] std::size_t size() const noexcept { return bytes.size() - begin; }
    [[nodiscard]] bool readable() const noexcept { return size() > 0 || ended || reset; }
    [[nodiscard]] std::size_t room() const noexcept {
        return MemoryPair::room - std::min(MemoryPair::room, size());
    }

    void add(std::span<const std::byte> more) {
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    std::size_t take(std::span<std::byte> buffer) noexcept {
        const std::size_t count = std::min(buffer.size(), size());
        if (count > 0) std::memcpy(buffer.data(), bytes.data() + begin, count);
        begin += count;
        if (begin == bytes.size()) {
            bytes.clear();
            begin = 0;
        }
        return count;
    }
};

/// What both ends see, for as long as one of them is there.
struct Shared {
    /// One end, as the other and what was posted to its loop see it.
    struct Side {
        Loop* loop = nullptr;
        Stream* stream = nullptr;  // null once it has gone
        bool wants_input = false;
        bool wants_room = false;
        bool posted = false;
    };
    std::array<Side, 2> sides;
    std::array<Direction, 2> from;  // from the side of that number to the other

    [[nodiscard]] bool input_due(std::size_t side) const noexcept {
        return sides[side].wants_input && from[1 - side].readable();
    }
    [[nodiscard]] bool room_due(std::size_t side) const noexcept {
        return sides[side].wants_room && (from[side].room() > 0 || from[side].deaf);
    }

    /// Tells a side what it waits for, in a turn of its own, as often as it stays so.
    static void tell(const std::shared_ptr<Shared>& shared, std::size_t number) {
        Side& side = shared->sides[number];
        if (side.posted || side.stream == nullptr) return;
        if (!shared->input_due(number) && !shared->room_due(number)) return;
        side.posted = true;
        side.loop->post([shared, number] {
            Side& its = shared->sides[number];
            its.posted = false;
            if (its.stream == nullptr) return;
            const bool input = shared->input_due(number);
            const bool room = shared->room_due(number);
            if (input || room) its.stream->carrier_ready(input, room);
            tell(shared, number);
        });
    }
};

class MemoryEnd final : public Carrier {
public:
    MemoryEnd(std::shared_ptr<Shared> shared, std::size_t number, std::string peer) noexcept
        : shared_(std::move(shared)), number_(number), peer_(std::move(peer)) {}
    ~MemoryEnd() override {
        side().stream = nullptr;
        // As the system has it: who goes without having read all breaks the connection.
        if (incoming().size() > 0) outgoing().reset = true;
        outgoing().ended = true;
        incoming().deaf = true;
        tell_other();
    }
    MemoryEnd(const MemoryEnd&) = delete;
    MemoryEnd& operator=(const MemoryEnd&) = delete;

    void attach(Stream& stream) override { side().stream = &stream; }

    [[nodiscard]] ssize_t read(std::span<std::byte> buffer) noexcept override {
        if (incoming().reset) return failed(ECONNRESET);
        const std::size_t count = incoming().take(buffer);
        if (count == 0) return incoming().ended ? 0 : failed(EAGAIN);
        tell_other();
        return static_cast<ssize_t>(count);
    }

    [[nodiscard]] ssize_t write(std::span<const std::byte> bytes) noexcept override {
        if (outgoing().deaf || outgoing().reset) return failed(EPIPE);
        const std::size_t count = std::min(bytes.size(), outgoing().room());
        if (count == 0 && !bytes.empty()) return failed(EAGAIN);
        outgoing().add(bytes.first(count));
        tell_other();
        return static_cast<ssize_t>(count);
    }

    void watch(bool input, bool room) noexcept override {
        side().wants_input = input;
        side().wants_room = room;
        Shared::tell(shared_, number_);
    }

    void shut_sending() noexcept override {
        outgoing().ended = true;
        tell_other();
    }

    void reset() noexcept override {
        outgoing().reset = true;
        tell_other();
    }

    [[nodiscard]] std::size_t unacknowledged() const noexcept override {
        return shared_->from[number_].size();
    }
    [[nodiscard]] std::string peer() const override { return peer_; }

private:
    [[nodiscard]] static ssize_t failed(int error) noexcept {
        errno = error;
        return -1;
    }
    [[nodiscard]] Shared::Side& side() const noexcept { return shared_->sides[number_]; }
    [[nodiscard]] Direction& outgoing() const noexcept { return shared_->from[number_]; }
    [[nodiscard]] Direction& incoming() const noexcept { return shared_->from[1 - number_]; }
    void tell_other() const noexcept { Shared::tell(shared_, 1 - number_); }

    std::shared_ptr<Shared> shared_;
    std::size_t number_;
    std::string peer_;
};

}  // namespace

MemoryPair MemoryPair::make(Loop& first_loop, std::string first_peer, Loop& second_loop,
                            std::string second_peer) {
    auto shared = std::make_shared<Shared>();
    shared->sides[0].loop = &first_loop;
    shared->sides[1].loop = &second_loop;
    return {.first = std::make_unique<MemoryEnd>(shared, 0, std::move(first_peer)),
            .second = std::make_unique<MemoryEnd>(shared, 1, std::move(second_peer))};
}

}  // namespace longwire::net
