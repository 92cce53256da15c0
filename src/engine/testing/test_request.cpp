#include "engine/testing/test_loops.hpp"
#include "http/request_builder.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "http/response_writer.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"

#include <longwire/testing.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace longwire {

namespace {

constexpr std::size_t most_kept = std::size_t{16} * 1024 * 1024;

/// The request as it is sent.
std::string text_of(const TestRequest& request) {
    std::vector<std::pair<std::string, std::string>> fields;
    const auto is_host = [](const auto& field) { return same_field_name(field.first, "Host"); };
    if (std::ranges::none_of(request.headers, is_host)) fields.emplace_back("Host", "test");
    fields.insert(fields.end(), request.headers.begin(), request.headers.end());
    if (!request.body.empty())
        fields.emplace_back("Content-Length", std::to_string(request.body.size()));
    return http::write_request(request.method, request.target, fields) + request.body;
}

http::Limits limits_of_test() noexcept {
    http::Limits limits;
    limits.max_body_size = most_kept;
    return limits;
}

}  // namespace

Result<Request> TestRequest::make() const {
    const std::string text = text_of(*this);
    http::RequestParser parser(limits_of_test());
    const auto parsed = parser.parse(std::as_bytes(std::span(text)));
    if (parsed.status == http::RequestParser::Status::failed)
        return failure(ErrorCode::invalid_argument,
                       "a server would refuse this request: " + parser.refusal().body);
    if (parsed.status == http::RequestParser::Status::need_more || parsed.consumed < text.size())
        return failure(ErrorCode::invalid_argument,
                       "this is not one whole request: its header fields and its body do not fit");
    Request request = parser.take_request();
    http::RequestBuilder::set_peer(request, address + ":50000");
    http::RequestBuilder::set_parameters(request, parameters);
    return request;
}

/// What has come of an answer, and the connection that it comes by.
struct TestAnswer::State {
    std::shared_ptr<TestServer::Implementation> test;
    net::Stream* stream = nullptr;
    http::ResponseParser parser{limits_of_test()};
    bool head_only = false;
    bool has_head = false;
    bool complete = false;
    bool broken = false;

    class Reading;
    void take(std::span<const std::byte> bytes);
    void take_body(std::span<const std::byte> bytes);
    void end(bool well);
};

/// The session of that connection.
class TestAnswer::State::Reading final : public net::Session {
public:
    explicit Reading(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    void on_receive(std::span<std::byte> bytes) override { state_->take(bytes); }
    void on_end() override {
        state_->end(state_->has_head && state_->parser.ends_with_connection());
    }
    void on_drained() override {}
    void on_timer() override {}
    void on_leaving() override {}
    void on_closed(net::Ending /*ending*/) override {
        state_->stream = nullptr;
        state_->end(false);
    }

private:
    std::shared_ptr<State> state_;
};

void TestAnswer::State::take(std::span<const std::byte> bytes) {
    if (complete || broken) return;
    if (has_head) return take_body(bytes);
    const auto parsed = parser.parse(bytes);
    if (parsed.status == http::ResponseParser::Status::failed) return end(false);
    if (parsed.status == http::ResponseParser::Status::need_more) return;
    has_head = true;
    if (head_only) return end(true);
    take_body(bytes.subspan(parsed.consumed));
}

void TestAnswer::State::take_body(std::span<const std::byte> bytes) {
    using Status = http::ResponseParser::BodyStatus;
    const auto collected = parser.collect_body(bytes);
    if (collected.status != Status::need_more) end(collected.status == Status::complete);
}

void TestAnswer::State::end(bool well) {
    if (complete || broken) return;
    complete = well;
    broken = !well;
    if (stream != nullptr) stream->close();
}

TestAnswer TestServer::request(const TestRequest& request) {
    const auto state = std::make_shared<TestAnswer::State>();
    state->test = implementation_;
    state->head_only = request.method == "HEAD";
    state->stream = implementation_->open(
        request.address,
        net::Ref<TestAnswer::State::Reading>(new TestAnswer::State::Reading(state)));
    state->broken = state->stream == nullptr;
    const std::string text = text_of(request);
    implementation_->act(state->stream, [&text](net::Stream& stream) {
        stream.write(std::as_bytes(std::span(text)));
    });
    return TestAnswer(state);
}

int TestAnswer::status() const noexcept {
    return state_->has_head ? state_->parser.status() : 0;
}

std::optional<std::string> TestAnswer::header(std::string_view name) const {
    if (!state_->has_head) return std::nullopt;
    for (const HeaderField& field : state_->parser.fields())
        if (same_field_name(field.name, name)) return std::string(field.value);
    return std::nullopt;
}

std::string_view TestAnswer::body() const noexcept {
    return state_->parser.body();
}

bool TestAnswer::complete() const noexcept {
    return state_->complete;
}

bool TestAnswer::broken() const noexcept {
    return state_->broken;
}

void TestAnswer::leave() {
    state_->test->act(state_->stream, [](net::Stream& stream) { stream.close(); });
}

}  // namespace longwire
