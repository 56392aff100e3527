// IgnoreRules: the compiled lines of one `.mktignore` file, which leaves files out of a connector.
//
// gitignore(5) is the specification. `git check-ignore` decides what the page leaves open, and the
// unit test compares this class with it. Where page and git disagree, this class follows git, as a
// person can try git out. Three such places are known: `**` right after the literal beginning of a
// pattern (`src/gen**/x`) spans folders as if it followed a '/'; three and more stars mean the same
// as two; and `[[:space:]]` contains neither vertical tab nor form feed. Names are compared as
// bytes, case matters, and the locale does not.
//
// One object holds the rules of one file, for everything in and below that file's folder. The
// caller must
//   - walk the tree from the top and not enter an ignored folder, so that a `!` rule cannot bring
//     back what is in it;
//   - where several `.mktignore` files stand above an entry, ask them from the deepest to the
//     shallowest, each with the path relative to its own folder; the first answer decides;
//   - keep what no file answers for.
//
//   const IgnoreRules rules = IgnoreRules::parse("*.log\n!keep.log\n/build/\n");
//   rules.match("sub/a.log", false);  // true: left out
//   rules.match("keep.log", false);   // false: kept, whatever a shallower file says
//   rules.match("build", false);      // nullopt: `/build/` is about folders only
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
  // Far above what people write. They bound the memory and time that a hostile file can cost.
  static constexpr std::size_t kMaxRules = 10'000;
  static constexpr std::size_t kMaxLineBytes = 4'096;

  // Never fails: as in git, a malformed line matches nothing. Lines longer than kMaxLineBytes and
  // rules beyond kMaxRules are skipped, and truncated() says so.
  static IgnoreRules parse(std::string_view text);

  // The answer of the last rule that matches: true for ignored, false for included again by a `!`
  // rule, nullopt when no rule matches. `path` is relative to the folder of the file,
  // '/'-separated, without a slash at either end. The time for one rule is at most proportional to
  // the length of its pattern times the length of the path.
  std::optional<bool> match(std::string_view path, bool is_folder) const;

  // True when that last rule is a `!` rule that names the entry in full: the last component of its
  // pattern has no wildcard. `!.env` and `!/conf/.env` name conf/.env, `!.env*` and `!conf` do not.
  bool names(std::string_view path, bool is_folder) const;

  // True when parse skipped a rule because of the bounds.
  bool truncated() const { return truncated_; }

 private:
  // The last rule that matches, or null.
  const IgnoreRule* deciding(std::string_view path, bool is_folder) const;

  std::shared_ptr<const std::vector<IgnoreRule>> rules_;  // null when there are none
  bool truncated_ = false;
};

}  // namespace mkt
