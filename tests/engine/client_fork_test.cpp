// A program that has Clients, and forks: a prefork worker, a daemon.
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>

namespace longwire {
namespace {

/// Opens a connection, and hears its own greeting.
class Talk {
public:
    explicit Talk(const std::string& url)
        : client_(url, {.on_open = [](Client& client) { client.send("hello"); },
                        .on_message =
                            [this](Client&, Message message) {
                                heard_.set_value(std::string(message.text()));
                            }}) {}

    std::string heard() { return heard_.get_future().get(); }
    Client& client() noexcept { return client_; }

private:
    std::promise<std::string> heard_;
    Client client_;
};

/// What a child ends with that does `work`; negative: a signal ended it.
int in_a_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        // (One that hangs is ended, and seen to be.)
        ::alarm(60);
        std::_Exit(work());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class ClientFork : public testing::Test {
protected:
    void SetUp() override {
#if defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "ThreadSanitizer lets no child begin threads";
#endif
        running.server.websocket("/", echo_handlers());
        running.start();
        url = running.url("/");
    }

    RunningServer running;
    std::string url;
};

TEST_F(ClientFork, AChildMakesClientsOfItsOwn) {
    Talk before(url);
    EXPECT_EQ(before.heard(), "hello");
    EXPECT_EQ(in_a_child([&] {
                  Talk first(url);
                  Talk second(url);
                  return first.heard() + second.heard() == "hellohello" ? 0 : 1;
              }),
              0);
    Talk after(url);
    EXPECT_EQ(after.heard(), "hello");
}

TEST_F(ClientFork, TheParentsClientsAreClosedInTheChildAndGoOnInTheParent) {
    auto parents = std::make_unique<Talk>(url);
    EXPECT_EQ(parents->heard(), "hello");
    EXPECT_EQ(in_a_child([&] {
                  Client& client = parents->client();
                  if (client.ready_state() != ReadyState::closed) return 1;
                  if (client.send("of the child") != SendStatus::dropped) return 2;
                  if (!client.close()) return 3;
                  parents.reset();
                  return 0;
              }),
              0);
    EXPECT_EQ(parents->client().ready_state(), ReadyState::open);
    std::promise<std::string> next;
    parents->client().on_message(
        [&next](Client&, Message message) { next.set_value(std::string(message.text())); });
    EXPECT_EQ(parents->client().send("of the parent"), SendStatus::sent);
    EXPECT_EQ(next.get_future().get(), "of the parent");
    parents.reset();
}

// Also one that is not told which threads it has not got.
TEST_F(ClientFork, AChildComesToItsEnd) {
    Talk before(url);
    EXPECT_EQ(before.heard(), "hello");
    const int ended = in_a_child([&]() -> int { std::exit(0); });
    // (Whatever is said of memory that the parent's threads hold.)
    EXPECT_GE(ended, 0);
}

}  // namespace
}  // namespace longwire
