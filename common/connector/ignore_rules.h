// What a `.mktignore` file leaves out of a connector: the lines of one such file, compiled.
//
// gitignore(5) is the specification, and `git check-ignore` the judge of what the page leaves open:
// the unit test holds this class to it. Where page and git disagree, git is followed, as that is
// what a person can try out. Three places are known: `**` right behind the literal beginning of a
// pattern (`src/gen**/x`) spans folders as if it stood behind a '/'; three and more stars are as
// good as two; and `[[:space:]]` holds neither vertical tab nor form feed. Names are compared as
// bytes, case matters, and the locale does not.
//
// One object speaks for one file and for what lies in and below that file's folder. The rest is the
// caller's part:
//   - walk the tree from the top and do not enter an ignored folder, so that a `!` rule cannot
//     bring back what lies in one;
//   - where several `.mktignore` files stand above an entry, ask from the deepest to the
//     shallowest, each with the path relative to its own folder; the first that speaks decides;
//   - keep what no file speaks about.
//
//   const IgnoreRules rules = IgnoreRules::parse("*.log\n!keep.log\n/build/\n");
//   rules.match("sub/a.log", false);  // true: left out
//   rules.match("keep.log", false);   // false: kept, whatever a shallower file says
//   rules.match("build", false);      // nullopt: `/build/` speaks about folders only
//
// Immutable after parse and cheap to copy, as copies share the rules; safe to use from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace mkt {

struct IgnoreRule;  // one line, compiled; see ignore_rules.cc

class IgnoreRules {
 public:
  // Far above what people write; they bound the memory and time that a hostile file can take.
  static constexpr std::size_t kMaxRules = 10'000;
  static constexpr std::size_t kMaxLineBytes = 4'096;

  // Never fails: as in git, a line that cannot match anything matches nothing. Lines longer than
  // kMaxLineBytes and rules beyond kMaxRules are passed over, and truncated() says so.
  static IgnoreRules parse(std::string_view text);

  // What the last rule that matches says: true for ignored, false for included again by a `!` rule,
  // nullopt when no rule matches. `path` is relative to the folder of the file, '/'-separated,
  // without a slash at either end. One rule takes at most time in proportion to the product of the
  // lengths of its pattern and the path.
  std::optional<bool> match(std::string_view path, bool is_folder) const;

  // Whether that last rule is a `!` rule that names the entry in full: the last component of its
  // pattern has no wildcard. `!.env` and `!/conf/.env` name conf/.env, `!.env*` and `!conf` do not.
  bool names(std::string_view path, bool is_folder) const;

  // Whether parse passed over a rule for the sake of the bounds.
  bool truncated() const { return truncated_; }

 private:
  // The last rule that matches, or null.
  const IgnoreRule* deciding(std::string_view path, bool is_folder) const;

  std::shared_ptr<const std::vector<IgnoreRule>> rules_;  // null when there are none
  bool truncated_ = false;
};

}  // namespace mkt
