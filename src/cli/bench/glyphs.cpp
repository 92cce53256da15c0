#include "cli/bench/glyphs.hpp"

#include <langinfo.h>

#include <clocale>

namespace longwire::cli {

const Glyphs& glyphs() {
    static const Glyphs chosen = [] {
        std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe): no thread reads it
        const bool unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";  // NOLINT
        return unicode ? Glyphs{.bar = "█", .microseconds = "µs"}
                       : Glyphs{.bar = "#", .microseconds = "us"};
    }();
    return chosen;
}

}  // namespace longwire::cli
