#pragma once

#include <longwire/message.hpp>

#include <memory>
#include <string_view>

namespace longwire::hub {

/// One message on one channel.
struct Publication {
    std::string_view channel;
    Message message;
};

/// What a dialect made of a publication; only that dialect looks inside.
class Encoding {
public:
    Encoding() = default;
    Encoding(const Encoding&) = delete;
    Encoding& operator=(const Encoding&) = delete;
    virtual ~Encoding() = default;
};

/// A way of speaking to clients: writes a publication once for all its members.
class Dialect {
public:
    Dialect() = default;
    Dialect(const Dialect&) = delete;
    Dialect& operator=(const Dialect&) = delete;
    virtual ~Dialect() = default;

    [[nodiscard]] virtual std::unique_ptr<const Encoding> encode(
        const Publication& publication) const = 0;
};

/// Somebody who is subscribed to channels. All that the hub knows of a connection.
class Member {
public:
    Member() = default;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    virtual ~Member() = default;

    [[nodiscard]] virtual const Dialect& dialect() const noexcept = 0;
    /// Takes one publication, as its dialect encoded it. May leave channels meanwhile.
    virtual void deliver(const Encoding& encoding) = 0;
};

}  // namespace longwire::hub
