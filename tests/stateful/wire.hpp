#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::stateful {

class Wire;

/// All connections to one server, driven by one thread.
class Wires {
public:
    explicit Wires(std::uint16_t port) noexcept : port_(port) {}
    Wires(const Wires&) = delete;
    Wires& operator=(const Wires&) = delete;
    ~Wires() = default;

    /// Reads and writes what there is, after at most so long.
    void turn(int longest_wait_ms);
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::size_t count() const noexcept { return wires_.size(); }

private:
    friend class Wire;
    std::uint16_t port_;
    std::vector<Wire*> wires_;
};

/// One TCP connection, every byte of which the test writes.
class Wire {
public:
    /// What its system keeps of what it does not read: 0 for the system's own measure.
    explicit Wire(Wires& wires, int receive_buffer = 0);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// Leaves as fast as the peer takes it.
    void send(std::string_view bytes);
    /// Half-closes, once all has left.
    void finish() noexcept { finishing_ = true; }
    void close() noexcept;
    void reset() noexcept;
    /// Whether it reads what comes.
    void read(bool reads) noexcept { reads_ = reads; }

    [[nodiscard]] bool ended() const noexcept { return ended_; }
    /// Whether all that was sent has left.
    [[nodiscard]] bool idle() const noexcept { return out_.empty(); }

    std::string in;  // what came, and nobody has taken

private:
    friend class Wires;
    void receive();
    void flush();

    Wires& wires_;
    int socket_ = -1;
    std::string out_;
    bool reads_ = true;
    bool finishing_ = false;
    bool ended_ = false;
};

}  // namespace longwire::stateful
