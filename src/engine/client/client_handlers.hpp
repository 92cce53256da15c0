#pragma once

#include <longwire/client.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace longwire::engine {

/// The handlers that a Client does not share with others, in place of those of its options.
struct ClientHandlers {
    std::function<void(Client&)> on_open;
    std::function<void(Client&, Message)> on_message;
    std::function<void(Client&, const Error&)> on_error;
    std::function<void(Client&, const CloseStatus&)> on_close;
    std::function<void(Client&, const Interruption&)> on_reconnecting;

    std::uint8_t own = 0;      // which of them count; a bit each
    std::uint8_t running = 0;  // the one that was taken out to be called, unless it was replaced
};

/// One kind of event, and where its handler is.
template <class Handler>
struct ClientEvent {
    std::string_view name;
    std::uint8_t bit;
    Handler ClientOptions::* shared;
    Handler ClientHandlers::* own;
};

namespace client_event {

inline constexpr ClientEvent open{.name = "on_open",
                                  .bit = 1,
                                  .shared = &ClientOptions::on_open,
                                  .own = &ClientHandlers::on_open};
inline constexpr ClientEvent message{.name = "on_message",
                                     .bit = 2,
                                     .shared = &ClientOptions::on_message,
                                     .own = &ClientHandlers::on_message};
inline constexpr ClientEvent error{.name = "on_error",
                                   .bit = 4,
                                   .shared = &ClientOptions::on_error,
                                   .own = &ClientHandlers::on_error};
inline constexpr ClientEvent close{.name = "on_close",
                                   .bit = 8,
                                   .shared = &ClientOptions::on_close,
                                   .own = &ClientHandlers::on_close};
inline constexpr ClientEvent reconnecting{.name = "on_reconnecting",
                                          .bit = 16,
                                          .shared = &ClientOptions::on_reconnecting,
                                          .own = &ClientHandlers::on_reconnecting};

inline constexpr std::uint8_t all = 31;

}  // namespace client_event

}  // namespace longwire::engine
