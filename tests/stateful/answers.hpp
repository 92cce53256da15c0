#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::stateful {

class Wire;

/// One answer of a server by HTTP, as far as it has come.
struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    bool begun = false;  // its head is here
    bool whole = false;
    bool chunked = false;
    bool to_the_end = false;  // of the connection
    std::size_t length = 0;   // of the body, where it is said

    [[nodiscard]] bool has(std::string_view text) const {
        return body.find(text) != std::string::npos;
    }
};

/// The answers on one connection, in the order of the requests. What is not HTTP, and an answer to
/// nothing, is a finding.
class Answers {
public:
    explicit Answers(Wire& wire) noexcept : wire_(wire) {}

    /// Sends a request of this method.
    void ask(std::string_view method, std::string_view request);
    /// From now on it cannot be known what the server took for a request.
    void be_lenient() noexcept { lenient_ = true; }

    /// How many are whole by now.
    std::size_t count();
    /// Of so many that were asked.
    [[nodiscard]] std::size_t asked() const noexcept { return methods_.size(); }
    /// By its place, from 0; one that has not begun is empty.
    [[nodiscard]] const Answer& at(std::size_t place);
    /// The connection is a WebSocket's from here on, where the last answer was 101.
    [[nodiscard]] bool upgraded();

private:
    void take_all();
    bool take_head();
    bool take_body();
    bool take_chunk(Answer& answer);
    void check_head(const Answer& answer, std::string_view line) const;

    Wire& wire_;
    std::vector<std::string> methods_;
    std::vector<std::string> lines_;  // of the requests, to tell of
    std::deque<Answer> answers_;
    bool lenient_ = false;
    bool upgraded_ = false;
};

}  // namespace longwire::stateful
