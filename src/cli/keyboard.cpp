#include "cli/keyboard.hpp"

#include "cli/characters.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

namespace longwire::cli {

Keyboard::Keyboard() : stopped_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Keyboard::~Keyboard() {
    ::close(stopped_);
}

void Keyboard::stop() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = ::write(stopped_, &one, sizeof one);
}

/// Whether there is something to read.
bool Keyboard::wait(Patience patience) {
    auto asked = std::to_array<pollfd>({{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                        {.fd = stopped_, .events = POLLIN, .revents = 0}});
    const int time = patience == Patience::endless ? -1 : 0;
    while (::poll(asked.data(), asked.size(), time) < 0)
        if (errno != EINTR) return false;
    return asked[1].revents == 0 && asked[0].revents != 0;
}

bool Keyboard::read_some() {
    std::array<char, 4096> buffer = {};
    const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    bytes_.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
}

bool Keyboard::has_more() {
    return place_ < bytes_.size() || wait(Patience::none);
}

std::optional<char32_t> Keyboard::next() {
    for (;;) {
        if (place_ == bytes_.size()) {
            bytes_.clear();
            place_ = 0;
        }
        if (place_ < bytes_.size()) {
            const Character character = character_at(bytes_, place_);
            // A character may come in two parts; four bytes always are a whole one, or none.
            if (character.valid || bytes_.size() - place_ >= 4) {
                place_ += character.size;
                return character.valid ? character.code : U'\uFFFD';
            }
            bytes_.erase(0, place_);
            place_ = 0;
        }
        if (!wait(Patience::endless) || !read_some()) return std::nullopt;
    }
}

std::u32string Keyboard::rest_of_paste() {
    constexpr std::u32string_view end = U"\x1b[201~";
    std::u32string text;
    while (const auto character = next()) {
        const bool after_return = text.ends_with(U'\r');
        if (after_return) text.back() = U'\n';
        if (!(after_return && *character == U'\n') && *character != 0) text += *character;
        if (text.ends_with(end)) {
            text.resize(text.size() - end.size());
            break;
        }
        // The last few may be the beginning of the marker.
        if (text.size() > max_paste) text.erase(text.size() - end.size() - 1, 1);
    }
    while (text.ends_with(U'\n') || text.ends_with(U'\r')) text.pop_back();
    return text;
}

}  // namespace longwire::cli
