#pragma once

#include "raw_connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace longwire {

/// A connection to a server of this machine on which little is under way at a time, so that the
/// server feels how slowly its peer reads.
inline RawConnection slow_connection(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const int little = 16 * 1024;
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return RawConnection(socket);
}

/// Reads `size` bytes, evenly over `time`.
inline std::string read_slowly(RawConnection& connection, std::size_t size,
                               std::chrono::milliseconds time) {
    constexpr std::size_t pieces = 100;
    const auto began = std::chrono::steady_clock::now();
    std::string read;
    for (std::size_t piece = 1; piece <= pieces && read.size() < size; ++piece) {
        const std::size_t upto = piece == pieces ? size : size / pieces * piece;
        const std::string more = connection.read(upto - read.size());
        if (more.empty()) break;
        read += more;
        std::this_thread::sleep_until(began + time * piece / pieces);
    }
    return read;
}

}  // namespace longwire
