#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>

namespace longwire::net {

class Stream;

/// What carries a stream that has no socket of its own: an in-memory pair, or a part of another
/// connection. It stands where the socket would, and answers as a non-blocking one does: `read` and
/// `write` give what the system's calls give, with `errno` where that is -1 (EAGAIN: not now). Its
/// stream owns it. All is called on the stream's loop; none of it may call the stream back within
/// the call.
class Carrier {
public:
    virtual ~Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;

    /// The stream that it carries from now on, until it is destroyed.
    virtual void attach(Stream& stream) = 0;
    /// 0: the other side sends nothing more.
    [[nodiscard]] virtual ssize_t read(std::span<std::byte> buffer) noexcept = 0;
    /// As much as there is room for.
    [[nodiscard]] virtual ssize_t write(std::span<const std::byte> bytes) noexcept = 0;
    /// What `Stream::carrier_ready` is to be called for, for as long as it is so: there is
    /// something to read, there is room to write. A carrier that has broken has something to read.
    virtual void watch(bool input, bool room) noexcept = 0;
    /// Nothing more will be written.
    virtual void shut_sending() noexcept = 0;
    /// The other side is not to take the end for a good one.
    virtual void reset() noexcept = 0;
    /// Bytes that were written and that the other side's system has not taken.
    [[nodiscard]] virtual std::size_t unacknowledged() const noexcept = 0;
    /// As `Stream::peer`.
    [[nodiscard]] virtual std::string peer() const = 0;

protected:
    Carrier() = default;
};

}  // namespace longwire::net
