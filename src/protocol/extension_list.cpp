#include "protocol/extension_list.hpp"

#include "protocol/token_list.hpp"

namespace longwire::protocol {

namespace {

/// Reads one field's value from its front.
class Reader {
public:
    explicit Reader(std::string_view rest) : rest_(rest) {}

    [[nodiscard]] bool at_end() {
        skip_space();
        return rest_.empty();
    }

    [[nodiscard]] bool take(char letter) {
        skip_space();
        if (!rest_.starts_with(letter)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// Empty where there is none.
    [[nodiscard]] std::string_view take_token() {
        skip_space();
        std::size_t size = 0;
        while (size < rest_.size() && is_token(rest_.substr(size, 1))) ++size;
        const std::string_view token = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return token;
    }

    /// A token, or a quoted string of one (the grammar allows no other).
    [[nodiscard]] std::optional<std::string> take_value() {
        if (!take('"')) {
            std::string token(take_token());
            return token.empty() ? std::nullopt : std::optional(std::move(token));
        }
        std::string value;
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\') rest_.remove_prefix(1);
            if (rest_.empty()) return std::nullopt;
            value += rest_.front();
            rest_.remove_prefix(1);
        }
        if (!take('"') || !is_token(value)) return std::nullopt;
        return value;
    }

private:
    void skip_space() {
        while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
    }

    std::string_view rest_;
};

std::optional<Extension> take_extension(Reader& reader) {
    Extension extension;
    extension.name = reader.take_token();
    if (extension.name.empty()) return std::nullopt;
    while (reader.take(';')) {
        Extension::Parameter parameter;
        parameter.name = reader.take_token();
        if (parameter.name.empty()) return std::nullopt;
        if (reader.take('=')) {
            parameter.value = reader.take_value();
            if (!parameter.value) return std::nullopt;
        }
        extension.parameters.push_back(std::move(parameter));
    }
    return extension;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::span<const HeaderField> fields) {
    std::vector<Extension> extensions;
    for (const HeaderField& field : fields) {
        if (!same_field_name(field.name, "Sec-WebSocket-Extensions")) continue;
        Reader reader(field.value);
        while (!reader.at_end()) {
            if (reader.take(',')) continue;  // an empty member
            auto extension = take_extension(reader);
            if (!extension) return std::nullopt;
            extensions.push_back(std::move(*extension));
            if (!reader.at_end() && !reader.take(',')) return std::nullopt;
        }
    }
    return extensions;
}

}  // namespace longwire::protocol
