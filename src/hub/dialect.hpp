#pragma once

#include <longwire/message.hpp>

#include <string_view>

namespace longwire::hub {

class Dialect;

/// Somebody whom a dialect knows: one of its connections.
class Member {
public:
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

protected:
    Member() = default;
    ~Member() = default;
};

/// One message on one channel.
struct Publication {
    std::string_view channel;
    Message message;
    /// Whose member published it, and which: it is not delivered there. Null where nobody is to be
    /// passed over.
    const Dialect* dialect = nullptr;
    Member* publisher = nullptr;
};

/// A way of speaking to clients. It keeps which of them are on which channel.
class Dialect {
public:
    Dialect() = default;
    Dialect(const Dialect&) = delete;
    Dialect& operator=(const Dialect&) = delete;
    virtual ~Dialect() = default;

    /// Encodes the publication once, and sends it to all its members on that channel. Any thread.
    virtual void deliver(const Publication& publication) = 0;
};

}  // namespace longwire::hub
