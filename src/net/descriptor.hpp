#pragma once

#include <longwire/error.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace longwire::net {

/// A file descriptor that is closed with its owner.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { reset(); }

    [[nodiscard]] int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    void reset() noexcept;

private:
    int number_ = -1;
};

/// What the operating system says of an errno, in any thread.
[[nodiscard]] std::string describe_errno(int number);

/// The Error for a system call that failed: "WHAT: No such file or directory".
[[nodiscard]] Error system_error(ErrorCode code, std::string_view what, int number);

}  // namespace longwire::net
