#pragma once

#include <longwire/error.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace longwire {

namespace detail {

/// What must be there.
template <class T>
[[nodiscard]] constexpr T& there(T* held) noexcept {
    if (held == nullptr) __builtin_unreachable();
    return *held;
}

}  // namespace detail

/// An Error on its way out of a function that returns a Result: `return failure(...)`, or, to pass
/// on what another function gave, `return Failure(std::move(other.error()))`.
class [[nodiscard]] Failure {
public:
    explicit Failure(Error error) noexcept : error_(std::move(error)) {}

    /// Valid as long as this Failure.
    [[nodiscard]] const Error& error() const& noexcept { return error_; }
    [[nodiscard]] Error& error() & noexcept { return error_; }
    [[nodiscard]] Error&& error() && noexcept { return std::move(error_); }

private:
    Error error_;
};

/// `return failure(ErrorCode::invalid_url, "...")` from a function that returns a Result.
[[nodiscard]] inline Failure failure(ErrorCode code, std::string message) {
    return Failure(Error(code, std::move(message)));
}

/// What a function that can fail gives back: a T, or an Error that says why there is none.
///
///     auto socket = co_await connect(url);
///     if (!socket) {
///         std::fputs(socket.error().message().c_str(), stderr);
///         co_return;
///     }
///     co_await socket->send("hello");
///
/// It is used as std::expected is, and is the same type in every version of C++, so that a program
/// in C++20 can be linked with a library that was built as C++23. What it gives a reference to is
/// valid as long as it is, and until it is assigned to. One thread at a time.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    /// Holds a `T()`.
    Result()
        requires std::default_initializable<T>
    = default;

    /// Holds a T that is made of `value`: `return value;` does.
    template <class U = T>
        requires(std::constructible_from<T, U> && !std::same_as<std::remove_cvref_t<U>, Result> &&
                 !std::same_as<std::remove_cvref_t<U>, Failure>)
    explicit(!std::convertible_to<U, T>) Result(U&& value)
        : held_(std::in_place_index<0>, std::forward<U>(value)) {}

    /// Holds the error of `failure`: `return failure(...);` does.
    Result(Failure failure) noexcept : held_(std::in_place_index<1>, std::move(failure).error()) {}

    /// Whether it holds a T.
    [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// The T, which must be there.
    [[nodiscard]] const T& operator*() const& noexcept {
        return detail::there(std::get_if<0>(&held_));
    }
    [[nodiscard]] T& operator*() & noexcept { return detail::there(std::get_if<0>(&held_)); }
    [[nodiscard]] T&& operator*() && noexcept {
        return std::move(detail::there(std::get_if<0>(&held_)));
    }
    [[nodiscard]] const T* operator->() const noexcept { return &**this; }
    [[nodiscard]] T* operator->() noexcept { return &**this; }

    /// The T. Where there is none it throws a std::runtime_error with the message of the error.
    [[nodiscard]] const T& value() const& {
        check();
        return **this;
    }
    [[nodiscard]] T& value() & {
        check();
        return **this;
    }
    [[nodiscard]] T&& value() && {
        check();
        return *std::move(*this);
    }

    /// The T, or `otherwise` where there is none.
    template <class U>
    [[nodiscard]] T value_or(U&& otherwise) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
    }
    template <class U>
    [[nodiscard]] T value_or(U&& otherwise) && {
        return has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(otherwise));
    }

    /// The error, which must be there.
    [[nodiscard]] const Error& error() const& noexcept {
        return detail::there(std::get_if<1>(&held_));
    }
    [[nodiscard]] Error& error() & noexcept { return detail::there(std::get_if<1>(&held_)); }
    [[nodiscard]] Error&& error() && noexcept {
        return std::move(detail::there(std::get_if<1>(&held_)));
    }

private:
    void check() const {
        if (!has_value()) throw std::runtime_error(error().message());
    }

    std::variant<T, Error> held_;
};

/// Whether it was done, or an Error that says why not. `return {};` says that it was.
template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() noexcept = default;

    /// Holds the error of `failure`: `return failure(...);` does.
    Result(Failure failure) noexcept : held_(std::in_place_index<1>, std::move(failure).error()) {}

    /// Whether there is no error.
    [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// Throws a std::runtime_error with the message of the error, where there is one.
    void value() const {
        if (!has_value()) throw std::runtime_error(error().message());
    }

    /// The error, which must be there.
    [[nodiscard]] const Error& error() const& noexcept {
        return detail::there(std::get_if<1>(&held_));
    }
    [[nodiscard]] Error& error() & noexcept { return detail::there(std::get_if<1>(&held_)); }
    [[nodiscard]] Error&& error() && noexcept {
        return std::move(detail::there(std::get_if<1>(&held_)));
    }

private:
    std::variant<std::monostate, Error> held_;
};

}  // namespace longwire
