#pragma once

#include <longwire/standard.hpp>

#include <memory>
#include <utility>

namespace longwire::detail {

/// The objects that a program keeps with one connection, one of each type: what
/// `WebSocket::state` and `Upgrade::state` look into.
class States {
public:
    [[nodiscard]] bool empty() const noexcept { return !first_; }

    /// Made (by `T()`) at the first call, gone with this.
    template <class T>
    T& get() {
        static constexpr char key = 0;
        for (Kept* kept = first_.get(); kept != nullptr; kept = kept->next.get())
            if (kept->key == &key) return static_cast<Of<T>*>(kept)->value;
        // (Making it may look for others here.)
        auto made = std::make_unique<Of<T>>(&key);
        T& value = made->value;
        made->next = std::move(first_);
        first_ = std::move(made);
        return value;
    }

private:
    struct Kept {
        explicit Kept(const void* its_key) noexcept : key(its_key) {}
        Kept(const Kept&) = delete;
        Kept& operator=(const Kept&) = delete;
        virtual ~Kept() = default;
        const void* key;
        std::unique_ptr<Kept> next = {};
    };
    template <class T>
    struct Of final : Kept {
        using Kept::Kept;
        T value = T();
    };

    std::unique_ptr<Kept> first_;
};

}  // namespace longwire::detail
