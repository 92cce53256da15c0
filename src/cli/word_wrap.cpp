#include "cli/word_wrap.hpp"

#include "cli/characters.hpp"

#include <algorithm>

namespace longwire::cli {

std::string word_wrap(std::string_view text, std::size_t columns, std::string_view indent) {
    std::string wrapped;
    std::size_t column = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        const std::size_t width = columns_of(word);
        if (column > 0 && column + 1 + width > columns) {
            wrapped += '\n';
            wrapped += indent;
            column = columns_of(indent);
        } else if (column > 0) {
            wrapped += ' ';
            ++column;
        }
        wrapped += word;
        column += width;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return wrapped;
}

}  // namespace longwire::cli
