#pragma once

#include "chance.hpp"

#include <longwire/longwire.hpp>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace longwire::stateful {

/// Somebody's own server, which is asked who may do what, and takes it easy: it says yes, no,
/// nonsense or nothing, at once or late. It takes Pusher's webhooks too, or does not.
class Hook {
public:
    explicit Hook(std::uint64_t seed);
    ~Hook();
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/may";
    }

private:
    void answer(const HttpReply& reply);

    simulation::Chance chance_;  // on the loop only
    Server server_;
    std::vector<HttpReply> never_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace longwire::stateful
