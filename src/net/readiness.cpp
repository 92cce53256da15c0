#include "net/readiness.hpp"

#include <utility>

namespace longwire::net {

Readiness::~Readiness() {
    if (descriptor_ >= 0) loop_.unwatch(*this, descriptor_);
}

bool Readiness::start(int descriptor, std::function<void()> ready) {
    if (loop_.watch(*this, descriptor, EPOLLIN) != 0) return false;
    descriptor_ = descriptor;
    ready_ = std::move(ready);
    return true;
}

void Readiness::on_ready(std::uint32_t /*events*/) {
    loop_.unwatch(*this, std::exchange(descriptor_, -1));
    const auto ready = std::exchange(ready_, {});
    ready();
}

}  // namespace longwire::net
