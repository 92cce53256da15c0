#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace longwire::net {

/// Why a stream is over.
enum class Ending : std::uint8_t {
    closed,    ///< We closed it, after all that had to be said.
    lost,      ///< It broke: reset, unreachable, or its descriptor failed.
    timed_out  ///< The time given for finishing passed.
};

/// What is spoken over a stream: first HTTP, then WebSocket. Counted by those who need it to stay:
/// the stream, and whoever holds on to it beyond the stream. Counts are not atomic: a session and
/// all who count it live on one loop.
class Session {
public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Bytes arrived; they may be changed in place and are gone after the call.
    virtual void on_receive(std::span<std::byte> bytes) = 0;
    /// A client speaks without TLS where the server expects it. What it said comes next; the stream
    /// goes on without TLS.
    virtual void on_unencrypted() {}
    /// The peer has shut its sending side.
    virtual void on_end() = 0;
    /// The backlog, which had held something, is empty.
    virtual void on_drained() = 0;
    /// The time given to Stream::arm has passed.
    virtual void on_timer() = 0;
    /// The program is leaving; say goodbye.
    virtual void on_leaving() = 0;
    /// The stream is gone: nothing can be sent and nothing comes any more. The last call.
    virtual void on_closed(Ending ending) = 0;

    void retain() noexcept { ++count_; }
    void release() noexcept {
        if (--count_ == 0) delete this;
    }

protected:
    virtual ~Session() = default;

private:
    std::uint32_t count_ = 0;
};

/// Counts a T that derives from Session.
template <class T>
class Ref {
public:
    Ref() = default;
    explicit Ref(T* session) noexcept : session_(session) {
        if (session_ != nullptr) session_->retain();
    }
    Ref(const Ref& other) noexcept : Ref(other.session_) {}
    Ref(Ref&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
    /// A Ref to a base class.
    template <std::derived_from<T> Derived>
        requires(!std::same_as<Derived, T>)
    Ref(Ref<Derived> other) noexcept  // NOLINT(google-explicit-constructor)
        : Ref(other.get()) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(session_, other.session_);
        return *this;
    }
    ~Ref() {
        if (session_ != nullptr) session_->release();
    }

    [[nodiscard]] T* get() const noexcept { return session_; }
    T* operator->() const noexcept { return session_; }
    T& operator*() const noexcept { return *session_; }
    explicit operator bool() const noexcept { return session_ != nullptr; }

private:
    T* session_ = nullptr;
};

}  // namespace longwire::net
