// Checks of clang-tidy that are Longwire's own.
#include <vector>

#include <clang-tidy/ClangTidyCheck.h>
#include <clang-tidy/ClangTidyModule.h>
#include <clang-tidy/ClangTidyModuleRegistry.h>
#include <clang/AST/ASTContext.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>
#include <clang/ASTMatchers/ASTMatchers.h>

namespace {

using namespace clang;

// Finds nothing: it keeps the other checks out of the declarations of system headers. They would
// report nothing of those, but walk through all of them for each file.
class OwnDeclarationsOnly : public tidy::ClangTidyCheck {
public:
    using ClangTidyCheck::ClangTidyCheck;

    void registerMatchers(ast_matchers::MatchFinder* finder) override {
        finder->addMatcher(ast_matchers::translationUnitDecl().bind("unit"), this);
    }

    // The unit is matched before what is in it, and its scope is asked for after that.
    void check(const ast_matchers::MatchFinder::MatchResult& found) override {
        const auto* unit = found.Nodes.getNodeAs<TranslationUnitDecl>("unit");
        const SourceManager& sources = *found.SourceManager;
        std::vector<Decl*> own;
        for (Decl* declaration : unit->decls()) {
            if (!sources.isInSystemHeader(declaration->getLocation())) own.push_back(declaration);
        }
        found.Context->setTraversalScope(own);
    }
};

// `for (auto& one : *list())`: where `list` gives a std::shared_ptr, what it points to may be gone
// before the first turn of the loop. C++20 destroys what is temporary in the range before that,
// and so does g++ 12 in C++23.
class RangeOfTemporary : public tidy::ClangTidyCheck {
public:
    using ClangTidyCheck::ClangTidyCheck;

    void registerMatchers(ast_matchers::MatchFinder* finder) override {
        finder->addMatcher(ast_matchers::cxxForRangeStmt().bind("loop"), this);
    }

    void check(const ast_matchers::MatchFinder::MatchResult& found) override {
        const auto* loop = found.Nodes.getNodeAs<CXXForRangeStmt>("loop");
        const Expr* range = plain(loop->getRangeInit());
        if (range == nullptr || (range->isPRValue() && !is_view(range->getType()))) return;
        while (const Expr* owner = owner_of(range)) {
            if (owner->isPRValue() && needs_destroying(owner->getType())) {
                diag(loop->getRangeInit()->getBeginLoc(),
                     "the range belongs to a temporary that is gone before the loop begins; give "
                     "it a name first");
                return;
            }
            range = owner;
        }
    }

private:
    static const Expr* plain(const Expr* expression) {
        return expression == nullptr ? nullptr : expression->IgnoreUnlessSpelledInSource();
    }

    // That whose part, or whose target, an expression is; null where that cannot be seen.
    static const Expr* owner_of(const Expr* range) {
        if (const auto* call = dyn_cast<CXXOperatorCallExpr>(range))
            return call->getNumArgs() > 0 ? plain(call->getArg(0)) : nullptr;
        if (const auto* call = dyn_cast<CXXMemberCallExpr>(range))
            return plain(call->getImplicitObjectArgument());
        if (const auto* member = dyn_cast<MemberExpr>(range)) return plain(member->getBase());
        if (const auto* unary = dyn_cast<UnaryOperator>(range)) return plain(unary->getSubExpr());
        if (const auto* at = dyn_cast<ArraySubscriptExpr>(range)) return plain(at->getBase());
        return nullptr;
    }

    static bool needs_destroying(QualType type) {
        const CXXRecordDecl* record = type->getAsCXXRecordDecl();
        return record != nullptr && record->hasDefinition() && !record->hasTrivialDestructor();
    }

    static bool is_view(QualType type) {
        const CXXRecordDecl* record = type->getAsCXXRecordDecl();
        if (record == nullptr || !record->isInStdNamespace()) return false;
        return record->getName() == "span" || record->getName() == "basic_string_view";
    }
};

class LongwireModule : public tidy::ClangTidyModule {
public:
    void addCheckFactories(tidy::ClangTidyCheckFactories& factories) override {
        factories.registerCheck<OwnDeclarationsOnly>("longwire-own-declarations-only");
        factories.registerCheck<RangeOfTemporary>("longwire-range-of-temporary");
    }
};

}  // namespace

static tidy::ClangTidyModuleRegistry::Add<LongwireModule> module_("longwire", "Longwire's own.");
