// Looked at by clang-tidy, and never built: what tools/tidy_checks.cpp finds, and what it leaves.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using List = std::vector<int>;

std::shared_ptr<const List> list();

struct Holder {
    [[nodiscard]] const List& items() const { return items_; }
    [[nodiscard]] List copy() const { return items_; }
    [[nodiscard]] std::string_view view() const { return "view"; }
    List items_;
};

Holder make();
const Holder& get();
std::map<std::string, List>& lists();

int sum() {
    int all = 0;
    for (const int one : *list()) all += one;          // found
    for (const int one : make().items()) all += one;   // found
    for (const int one : make().items_) all += one;    // found
    for (const char one : make().view()) all += one;   // found
    for (const int one : make().copy()) all += one;
    for (const int one : get().items()) all += one;
    for (const int one : lists()[std::string("a")]) all += one;
    const auto kept = list();
    for (const int one : *kept) all += one;
    for (const int one : {1, 2}) all += one;
    for (const char one : std::string("text")) all += one;
    for (const char one : std::string_view("text").substr(1)) all += one;
    return all;
}
