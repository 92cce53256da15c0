#pragma once

#include <stdexcept>
#include <string>

namespace longwire::simulation {

/// Something that must always hold did not.
class Broken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const char* what) {
    if (!holds) throw Broken(what);
}

}  // namespace longwire::simulation
