// A check of clang-tidy that finds nothing: it keeps the other checks out of the declarations of
// system headers. They would report nothing of those, but walk through all of them for each file.
#include <vector>

#include <clang-tidy/ClangTidyCheck.h>
#include <clang-tidy/ClangTidyModule.h>
#include <clang-tidy/ClangTidyModuleRegistry.h>
#include <clang/AST/ASTContext.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>
#include <clang/ASTMatchers/ASTMatchers.h>

namespace {

using namespace clang;

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

class LongwireModule : public tidy::ClangTidyModule {
public:
    void addCheckFactories(tidy::ClangTidyCheckFactories& factories) override {
        factories.registerCheck<OwnDeclarationsOnly>("longwire-own-declarations-only");
    }
};

}  // namespace

static tidy::ClangTidyModuleRegistry::Add<LongwireModule> module_("longwire", "Longwire's own.");
