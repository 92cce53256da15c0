#include "hub/publication.hpp"

#include <array>
#include <functional>

namespace longwire::hub {

const Publication::Particulars Publication::no_particulars;

Publication::~Publication() {
    const std::unique_ptr<const Encoding> all(encodings_.load(std::memory_order_relaxed));
}

const Publication::Encoding& Publication::add(std::size_t which,
                                              std::unique_ptr<Encoding> encoding) const noexcept {
    encoding->which = which;
    encoding->next.reset(encodings_.load(std::memory_order_relaxed));
    encodings_.store(encoding.get(), std::memory_order_release);
    return *encoding.release();
}

// (A mutex each would take as much memory as what is published. Not std::call_once, which wakes
// whoever may wait by a system call each time.)
std::mutex& Publication::making() const noexcept {
    static std::array<std::mutex, 64> mutexes;
    return mutexes.at(std::hash<const void*>()(this) / sizeof(Publication) % mutexes.size());
}

}  // namespace longwire::hub
