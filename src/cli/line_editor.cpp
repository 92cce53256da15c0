#include "cli/line_editor.hpp"

#include "cli/characters.hpp"
#include "cli/completion.hpp"
#include "cli/history_file.hpp"
#include "cli/keyboard.hpp"

#include <histedit.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace longwire::cli {

namespace {

// What waits to be taken; who types further waits too.
constexpr std::size_t max_entered = 1000;

std::wstring to_wide(std::string_view text) {
    std::wstring wide;
    for (std::size_t place = 0; place < text.size();) {
        const Character character = character_at(text, place);
        wide += static_cast<wchar_t>(character.code);
        place += character.size;
    }
    return wide;
}

wchar_t* no_prompt(EditLine* /*editor*/) {
    static std::array<wchar_t, 1> nothing = {};
    return nothing.data();
}

/// Whether a backslash at the end asks for a further line; two stand for themselves.
bool goes_on(std::wstring_view text) noexcept {
    std::size_t slashes = 0;
    while (slashes < text.size() && text[text.size() - 1 - slashes] == L'\\') ++slashes;
    return slashes % 2 == 1;
}

struct Binding {
    const wchar_t* keys;
    const wchar_t* command;
};

constexpr auto bindings = std::to_array<Binding>({{L"^M", L"longwire-enter"},
                                                  {L"^J", L"longwire-enter"},
                                                  {L"^R", L"em-inc-search-prev"},
                                                  {L"^I", L"longwire-complete"}});

// With the keys of vi, Escape is a key of its own, and can begin none of these. What terminals send
// with Ctrl and an arrow is in no terminfo.
constexpr auto bindings_of_emacs = std::to_array<Binding>({{L"\\e^M", L"longwire-break-line"},
                                                           {L"\\e^J", L"longwire-break-line"},
                                                           {L"\\e[200~", L"longwire-paste"},
                                                           {L"\\e[1;5C", L"em-next-word"},
                                                           {L"\\e[1;5D", L"ed-prev-word"},
                                                           {L"\\e[1;3C", L"em-next-word"},
                                                           {L"\\e[1;3D", L"ed-prev-word"},
                                                           {L"\\e[H", L"ed-move-to-beg"},
                                                           {L"\\e[F", L"ed-move-to-end"},
                                                           {L"\\e[1~", L"ed-move-to-beg"},
                                                           {L"\\e[4~", L"ed-move-to-end"},
                                                           {L"\\e[3~", L"ed-delete-next-char"}});

}  // namespace

class LineEditor::Thread {
public:
    explicit Thread(const std::vector<std::string>& history);
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return changed_; }
    [[nodiscard]] bool knows_pastes() const noexcept { return knows_pastes_; }
    [[nodiscard]] EditedLine line() const {
        const std::scoped_lock lock(mutex_);
        return line_;
    }
    std::optional<std::string> take();
    std::vector<std::string> take_choices() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(choices_, {});
    }
    [[nodiscard]] bool ended() const {
        const std::scoped_lock lock(mutex_);
        return ended_ && entered_.empty();
    }

private:
    void configure();
    void run();
    void enter(std::wstring_view text);
    void publish(const LineInfoW& info);
    void tell() const noexcept;

    static Thread& of(EditLine* editor) {
        void* self = nullptr;
        el_wget(editor, EL_CLIENTDATA, &self);
        return *static_cast<Thread*>(self);
    }
    static int read_key(EditLine* editor, wchar_t* key);
    static unsigned char on_enter(EditLine* editor, wint_t key);
    static unsigned char on_break(EditLine* editor, wint_t key);
    static unsigned char on_paste(EditLine* editor, wint_t key);
    static unsigned char on_complete(EditLine* editor, wint_t key);

    int changed_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    Keyboard keyboard_;
    std::FILE* nowhere_ = std::fopen("/dev/null", "we");
    EditLine* editor_ = nullptr;
    HistoryW* history_ = history_winit();

    mutable std::mutex mutex_;
    std::condition_variable taken_;
    EditedLine line_;
    std::deque<std::string> entered_;
    std::vector<std::string> choices_;
    bool ended_ = false;
    bool leaving_ = false;
    bool knows_pastes_ = true;
    std::thread thread_;
};

LineEditor::Thread::Thread(const std::vector<std::string>& history) {
    // libedit draws to the file, and asks the descriptors whether they are a terminal.
    editor_ = el_init_fd("longwire", stdin, nowhere_, nowhere_, STDIN_FILENO, STDOUT_FILENO,
                         STDERR_FILENO);
    HistEventW event = {};
    history_w(history_, &event, H_SETSIZE, static_cast<int>(HistoryFile::max_lines));
    history_w(history_, &event, H_SETUNIQUE, 1);
    for (const std::string& line : history)
        history_w(history_, &event, H_ENTER, to_wide(line).c_str());
    configure();
    thread_ = std::thread([this] { run(); });
}

LineEditor::Thread::~Thread() {
    keyboard_.stop();
    {
        const std::scoped_lock lock(mutex_);
        leaving_ = true;
    }
    taken_.notify_all();
    thread_.join();
    el_end(editor_);
    history_wend(history_);
    std::fclose(nowhere_);
    ::close(changed_);
}

void LineEditor::Thread::configure() {
    el_wset(editor_, EL_CLIENTDATA, this);
    el_wset(editor_, EL_HIST, history_w, history_);
    el_wset(editor_, EL_PROMPT, no_prompt);
    el_wset(editor_, EL_GETCFN, read_key);
    el_wset(editor_, EL_EDITOR, L"emacs");
    el_wset(editor_, EL_ADDFN, L"longwire-enter", L"Send the line", on_enter);
    el_wset(editor_, EL_ADDFN, L"longwire-break-line", L"Begin a further line", on_break);
    el_wset(editor_, EL_ADDFN, L"longwire-paste", L"Insert what is pasted", on_paste);
    el_wset(editor_, EL_ADDFN, L"longwire-complete", L"Complete commands and files", on_complete);
    el_source(editor_, nullptr);
    el_wset(editor_, EL_EDITMODE, 1);
    for (const Binding& binding : bindings)
        el_wset(editor_, EL_BIND, binding.keys, binding.command, nullptr);
    const wchar_t* keys = nullptr;
    el_wget(editor_, EL_EDITOR, &keys);
    knows_pastes_ = keys == nullptr || std::wstring_view(keys) != L"vi";
    if (knows_pastes_)
        for (const Binding& binding : bindings_of_emacs)
            el_wset(editor_, EL_BIND, binding.keys, binding.command, nullptr);
    // Between two lines libedit gives the terminal back its own mode, in which it would echo what
    // is typed at that moment.
    el_wset(editor_, EL_SETTY, L"-x", L"-echo", L"-icanon", nullptr);
}

void LineEditor::Thread::run() {
    int size = 0;
    while (const wchar_t* const text = el_wgets(editor_, &size)) {
        std::wstring_view line(text, static_cast<std::size_t>(size));
        if (line.ends_with(L'\n')) line.remove_suffix(1);
        enter(line);
    }
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    line_ = {};
    tell();
}

void LineEditor::Thread::enter(std::wstring_view text) {
    std::string line = to_utf8(text);
    if (HistoryFile::is_kept(line)) {
        HistEventW event = {};
        history_w(history_, &event, H_ENTER, std::wstring(text).c_str());
    }
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return entered_.size() < max_entered || leaving_; });
    entered_.push_back(std::move(line));
    line_ = {};
    tell();
}

std::optional<std::string> LineEditor::Thread::take() {
    const std::scoped_lock lock(mutex_);
    if (entered_.empty()) return std::nullopt;
    std::string line = std::move(entered_.front());
    entered_.pop_front();
    taken_.notify_all();
    return line;
}

void LineEditor::Thread::publish(const LineInfoW& info) {
    const std::scoped_lock lock(mutex_);
    line_.text.assign(info.buffer, info.lastchar);
    line_.cursor = static_cast<std::size_t>(info.cursor - info.buffer);
    tell();
}

void LineEditor::Thread::tell() const noexcept {
    const std::uint64_t one = 1;
    // It can fail only where it is readable already.
    [[maybe_unused]] const auto size = ::write(changed_, &one, sizeof one);
}

int LineEditor::Thread::read_key(EditLine* editor, wchar_t* key) {
    Thread& self = of(editor);
    // While more is there already, as in a paste, nobody needs to see what is between.
    if (!self.keyboard_.has_more()) self.publish(*el_wline(editor));
    const auto character = self.keyboard_.next();
    if (!character) return 0;
    *key = static_cast<wchar_t>(*character);
    return 1;
}

unsigned char LineEditor::Thread::on_enter(EditLine* editor, wint_t /*key*/) {
    const LineInfoW* const info = el_wline(editor);
    const std::wstring_view text(info->buffer, info->lastchar);
    const bool further = goes_on(text);
    el_cursor(editor, static_cast<int>(info->lastchar - info->cursor));
    if (further) el_wdeletestr(editor, 1);
    el_winsertstr(editor, L"\n");
    return further ? CC_REFRESH : CC_NEWLINE;
}

unsigned char LineEditor::Thread::on_break(EditLine* editor, wint_t /*key*/) {
    el_winsertstr(editor, L"\n");
    return CC_REFRESH;
}

unsigned char LineEditor::Thread::on_paste(EditLine* editor, wint_t /*key*/) {
    const std::u32string pasted = of(editor).keyboard_.rest_of_paste();
    el_winsertstr(editor, std::wstring(pasted.begin(), pasted.end()).c_str());
    return CC_REFRESH;
}

unsigned char LineEditor::Thread::on_complete(EditLine* editor, wint_t /*key*/) {
    const LineInfoW* const info = el_wline(editor);
    Completion completion = complete_typed(to_utf8(std::wstring_view(info->buffer, info->cursor)));
    if (!completion.added.empty()) el_winsertstr(editor, to_wide(completion.added).c_str());
    Thread& self = of(editor);
    const std::scoped_lock lock(self.mutex_);
    self.choices_ = std::move(completion.choices);
    self.tell();
    return CC_REFRESH;
}

LineEditor::LineEditor(const std::vector<std::string>& history)
    : thread_(std::make_unique<Thread>(history)) {}
LineEditor::~LineEditor() = default;

int LineEditor::descriptor() const noexcept {
    return thread_->descriptor();
}

void LineEditor::acknowledge() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(thread_->descriptor(), &count, sizeof count);
}

bool LineEditor::knows_pastes() const noexcept {
    return thread_->knows_pastes();
}

EditedLine LineEditor::line() const {
    return thread_->line();
}

std::optional<std::string> LineEditor::take() {
    return thread_->take();
}

std::vector<std::string> LineEditor::take_choices() {
    return thread_->take_choices();
}

bool LineEditor::ended() const {
    return thread_->ended();
}

}  // namespace longwire::cli
