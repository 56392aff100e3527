// IgnoreRules against gitignore(5), clause by clause, and against the git on this machine.
#include "common/connector/ignore_rules.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/files.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

enum class Verdict { ignored, included, silent };
using enum Verdict;

doctest::String toString(Verdict verdict) {
  switch (verdict) {
    case ignored:
      return "ignored";
    case included:
      return "included";
    case silent:
      break;
  }
  return "silent";
}

Verdict verdict_of(std::optional<bool> answer) {
  if (!answer) return silent;
  return *answer ? ignored : included;
}

// A path that ends with '/' is a folder's.
Verdict verdict_on(const IgnoreRules& rules, std::string_view path) {
  const bool is_folder = path.ends_with('/');
  if (is_folder) path.remove_suffix(1);
  return verdict_of(rules.match(path, is_folder));
}

struct Row {
  std::string rules;
  std::string_view path;
  Verdict expected;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.rules);
    CAPTURE(row.path);
    CHECK(verdict_on(IgnoreRules::parse(row.rules), row.path) == row.expected);
  }
}

}  // namespace

TEST_CASE("blank lines and comments say nothing") {
  check_rows({
      {"", "a", silent},
      {"\n\n", "a", silent},
      {"   \n", " ", silent},
      {"#a", "#a", silent},
      {"\\#a", "#a", ignored},
      {" #a", " #a", ignored},
      {"!", "!", silent},
      {"/", "a/", silent},
      {"a#b", "a#b", ignored},
  });
}

TEST_CASE("trailing spaces go unless escaped, other white space stays") {
  check_rows({
      {"a  ", "a", ignored},
      {"a  ", "a  ", silent},
      {"a\\ ", "a ", ignored},
      {"a\\  ", "a ", ignored},
      {"a\\\\  ", "a\\", ignored},
      {" a", " a", ignored},
      {" a", "a", silent},
      {"a\t", "a\t", ignored},
      {"a\t", "a", silent},
      {"a b", "a b", ignored},
      {"a/  ", "a/", ignored},
  });
}

TEST_CASE("CRLF, a byte order mark and a missing last newline do not matter") {
  check_rows({
      {"a\r\nb\r\n", "a", ignored},
      {"a\r\nb\r\n", "b", ignored},
      {"a \r\n", "a", ignored},
      {"a\r\r\n", "a\r", ignored},
      {"a\r", "a", ignored},
      {"a\rb", "a\rb", ignored},
      {"\xEF\xBB\xBF"s + "a\n", "a", ignored},
      {"\xEF\xBB\xBF"s + "#a\n", "#a", silent},
      {"b\n\xEF\xBB\xBF"s + "a\n", "a", silent},
      {"a\0b\n"s, "a", ignored},
  });
}

TEST_CASE("the last rule that matches decides") {
  check_rows({
      {"*.log\n!keep.log", "x.log", ignored},
      {"*.log\n!keep.log", "keep.log", included},
      {"*.log\n!keep.log", "keep.txt", silent},
      {"!keep.log\n*.log", "keep.log", ignored},
      {"\\!a", "!a", ignored},
      {"!!a", "!a", included},
      {"!#a", "#a", included},
      {"a\n!a/", "a", ignored},
      {"a\n!a/", "a/", included},
  });
}

TEST_CASE("a slash at the beginning or in the middle ties a rule to the file's own folder") {
  check_rows({
      {"a", "a", ignored},
      {"a", "x/y/a", ignored},
      {"a", "a/x", silent},  // the caller does not enter an ignored folder
      {"/a", "a", ignored},
      {"/a", "x/a", silent},
      {"a/b", "a/b", ignored},
      {"a/b", "x/a/b", silent},
      {"/a/b", "a/b", ignored},
      {"/*.c", "a.c", ignored},
      {"/*.c", "x/a.c", silent},
      {"//a", "a", silent},
      {"a//b", "a/b", silent},
      {"[/a]", "a", ignored},  // the '/' counts even there
      {"[/a]", "x/a", silent},
  });
}

TEST_CASE("a slash at the end limits a rule to folders") {
  check_rows({
      {"a/", "a/", ignored},
      {"a/", "a", silent},
      {"a/", "x/a/", ignored},
      {"/a/", "x/a/", silent},
      {"a/b/", "a/b/", ignored},
      {"a/b/", "a/b", silent},
      {"a//", "a/", silent},
      {"a", "a/", ignored},
  });
}

TEST_CASE("* and ? match anything but a slash") {
  check_rows({
      {"*", "a", ignored},
      {"*", "a/b", ignored},
      {"/*", "a/b", silent},
      {"a*", "a", ignored},
      {"*a", "ba", ignored},
      {"*a", "ab", silent},
      {"a*b*c", "abbcc", ignored},
      {"a*b*c", "abbcd", silent},
      {"x/*", "x/a", ignored},
      {"x/*", "x/a/b", silent},
      {"x/*/z", "x/y/z", ignored},
      {"x/*/z", "x/z", silent},
      {"x*z", "x/z", silent},
      {"x/a*c/z", "x/abc/z", ignored},
      {"x/a*c/z", "x/ab/c/z", silent},
      {"?", "a", ignored},
      {"?", "ab", silent},
      {"a?b/c", "a/b/c", silent},
      {"?", "\xC3\xA9", silent},  // bytes, not characters
      {"??", "\xC3\xA9", ignored},
      {".*", ".a", ignored},
      {"*", ".a", ignored},
  });
}

TEST_CASE("a backslash makes the next byte literal, and cannot be last") {
  check_rows({
      {"\\*", "*", ignored},
      {"\\*", "a", silent},
      {"\\a", "a", ignored},
      {"a\\\\", "a\\", ignored},
      {"a\\", "a\\", silent},
      {"a\\", "a", silent},
      {"a\\/b", "a/b", ignored},
      {"a\\/", "a/", silent},
      {"\\[a]", "[a]", ignored},
  });
}

TEST_CASE("brackets match one byte of a set") {
  check_rows({
      {"[ab]", "b", ignored},
      {"[ab]", "c", silent},
      {"[!ab]", "c", ignored},
      {"[^ab]", "a", silent},
      {"[a-c]", "b", ignored},
      {"[c-a]", "b", silent},
      {"[a-]", "-", ignored},
      {"[-a]", "-", ignored},
      {"[a-c-e]", "d", silent},
      {"[a-c-e]", "-", ignored},
      {"[]a]", "]", ignored},
      {"[!]a]", "b", ignored},
      {"[!]a]", "]", silent},
      {"[\\]]", "]", ignored},
      {"[\\a-\\c]", "b", ignored},
      {"[!a]", "A", ignored},
      {"[\x80-\xFF]", "\xC3", ignored},
      {"x[/]y", "x/y", silent},
      {"x[!a]y/z", "x/y/z", silent},
      {"x/[+-9]", "x/0", ignored},
      {"[a", "[a", silent},  // not closed: matches nothing
      {"[]", "[]", silent},
      {"[a\\", "a", silent},
      {"a]", "a]", ignored},
  });
}

TEST_CASE("POSIX classes are those of ASCII") {
  check_rows({
      {"[[:digit:]]", "7", ignored},   {"[[:digit:]]", "a", silent},
      {"[![:digit:]]", "a", ignored},  {"[[:alpha:][:digit:]_]", "_", ignored},
      {"[[:upper:]]", "a", silent},    {"[[:lower:]]", "a", ignored},
      {"[[:alnum:]]", "Z", ignored},   {"[[:alpha:]]", "\xE9", silent},
      {"[[:xdigit:]]", "F", ignored},  {"[[:xdigit:]]", "g", silent},
      {"[[:punct:]]", "~", ignored},   {"[[:space:]]", "\r", ignored},
      {"[[:space:]]", "\v", silent},  // as git
      {"[[:blank:]]", "\t", ignored},  {"[[:cntrl:]]", "\x7F", ignored},
      {"[[:graph:]]", " ", silent},    {"[[:print:]]", " ", ignored},
      {"[[:alpha:]-z]", "-", ignored}, {"[[:nosuch:]]", "a", silent},
      {"[[:nosuch:]a]", "a", silent},  {"[[:]", ":", ignored},
      {"[[:a]", "a", ignored},
  });
}

TEST_CASE("** spans folders where it stands alone between slashes") {
  check_rows({
      {"**/a", "a", ignored},
      {"**/a", "x/y/a", ignored},
      {"**/a/b", "x/a/b", ignored},
      {"**/a/b", "a/x/b", silent},
      {"a/**", "a/x/y", ignored},
      {"a/**", "a/", silent},
      {"a/**/b", "a/b", ignored},
      {"a/**/b", "a/x/y/b", ignored},
      {"a/**/b", "a/xb", silent},
      {"a/**/b", "xa/b", silent},
      {"a/**/b/**/c", "a/b/x/b/y/c", ignored},
      {"a/**/b*c/**/d", "a/bx/b/bxc/d", ignored},
      {"**", "a", ignored},
      {"**/", "a", silent},
      {"**/", "x/a/", ignored},
      {"/**", "x/a", ignored},
      {"**/**/a", "a", ignored},
      {"**/*/a", "a", silent},
      {"**/*/a", "x/a", ignored},
      {"?**/b", "ax/b", ignored},
      {"?**/b", "a/x/b", silent},
      {"a/**b", "a/xb", ignored},
      {"a/**b", "a/x/b", silent},
      {"**a", "x/ya", ignored},
  });
}

TEST_CASE("what git matches beyond its manual page is matched, too") {
  check_rows({
      {"a**/b", "ab", ignored},
      {"a**/b", "a/x/b", ignored},
      {"a**/b", "axb", silent},
      {"***/a", "x/y/a", ignored},
      {"x/**\\/a", "x/y/z/a", ignored},
      {"x/**\\/a", "x/a", silent},
  });
}

TEST_CASE("case matters") {
  check_rows({
      {"a", "A", silent},
      {"[a-z]", "A", silent},
      {"README", "readme", silent},
  });
}

TEST_CASE("hostile patterns do not take exponential time") {
  const auto repeat = [](std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
  };
  const std::string name(IgnoreRules::kMaxLineBytes, 'a');
  const std::string deep = repeat("a/", 2'000) + "a";
  check_rows({
      {repeat("*a", 2'000) + "b", name, silent},
      {repeat("*?", 2'000) + "b", name, silent},
      {repeat("**/", 1'300) + "x", deep, silent},
      {repeat("**/a/", 800) + "x", deep, silent},
      {repeat("**/*a*/", 580) + "x", deep, silent},
      {repeat("*/", 2'000) + "x", deep, silent},
      {"**/" + repeat("*a", 2'000) + "b", repeat("aaaaaaa/", 500) + name, silent},
      {"**/" + repeat("a/", 1'000) + "b", deep, silent},
      {repeat("**/", 1'300) + "x", deep + "/x", ignored},
  });
}

TEST_CASE("rules beyond the bounds are passed over, and it says so") {
  SUBCASE("a file within the bounds is not truncated") {
    std::string text = std::string(IgnoreRules::kMaxLineBytes, 'a') + "\r\n";
    for (std::size_t i = 1; i < IgnoreRules::kMaxRules; ++i) text += "b\n";
    text += "# no rule, however long" + std::string(IgnoreRules::kMaxLineBytes, '.') + "\n\n[\n";
    CHECK_FALSE(IgnoreRules::parse(text).truncated());
  }
  SUBCASE("a line that is too long") {
    const std::string name(IgnoreRules::kMaxLineBytes + 1, 'a');
    const IgnoreRules rules = IgnoreRules::parse(name + "\nb\n");
    CHECK(rules.truncated());
    CHECK(verdict_on(rules, name) == silent);
    CHECK(verdict_on(rules, "b") == ignored);
  }
  SUBCASE("a rule too many") {
    std::string text;
    for (std::size_t i = 0; i < IgnoreRules::kMaxRules; ++i) text += "a\n";
    const IgnoreRules rules = IgnoreRules::parse(text + "b\n");
    CHECK(rules.truncated());
    CHECK(verdict_on(rules, "a") == ignored);
    CHECK(verdict_on(rules, "b") == silent);
  }
}

TEST_CASE("an entry is asked for by a rule that names it in full, and by no other") {
  const auto names = [](std::string_view rules, std::string_view path) {
    return IgnoreRules::parse(rules).names(path, false);
  };
  CHECK(names("!.env", ".env"));
  CHECK(names("!.env", "conf/.env"));
  CHECK(names("!/conf/.env", "conf/.env"));
  CHECK(names("!co*/.env", "conf/.env"));
  CHECK(names("!\\.env", ".env"));
  CHECK(names("*\n!.env", ".env"));
  CHECK_FALSE(names("!.env*", ".env"));
  CHECK_FALSE(names("!*", ".env"));
  CHECK_FALSE(names("!.en?", ".env"));
  CHECK_FALSE(names("!.en[v]", ".env"));
  CHECK_FALSE(names("!.env\n.env", ".env"));
  CHECK_FALSE(names("!.env\n!*", ".env"));
  CHECK_FALSE(names(".env", ".env"));
  CHECK_FALSE(names("!other", ".env"));
  CHECK_FALSE(names("", ".env"));
}

// --- The same questions to git

namespace {

// Falls the same way on every machine, unlike std::uniform_int_distribution.
class Dice {
 public:
  std::size_t below(std::size_t limit) { return engine_() % limit; }

  template <std::size_t N>
  std::string_view one_of(const std::array<std::string_view, N>& choices) {
    return choices[below(N)];
  }

 private:
  std::mt19937 engine_{20};
};

constexpr std::array<std::string_view, 24> kPatternPieces{
    "a",   "a",   "b",    "b",           "ab",           "/",    "/",     "*",    "**",
    "**/", "/**", "/**/", "?",           "[ab]",         "[!a]", "[a-c]", "[]-]", "\\a",
    "\\*", "\\ ", " ",    "[[:alpha:]]", "[[:lower:]-]", "\\"};
constexpr std::array<std::string_view, 12> kNames{"a",  "b",   "c", "ab", "ba", "aab",
                                                  "a ", "a b", "*", "-",  "]",  "\xC3\xA9"};

std::string random_rules(Dice& dice) {
  std::string text;
  for (std::size_t lines = 1 + dice.below(4); lines > 0; --lines) {
    if (dice.below(3) == 0) text += '!';
    if (dice.below(6) == 0) text += '/';
    for (std::size_t n = 1 + dice.below(5); n > 0; --n) text += dice.one_of(kPatternPieces);
    if (dice.below(5) == 0) text += '/';
    text += dice.below(8) == 0 ? "\r\n" : "\n";
  }
  return text;
}

std::string random_path(Dice& dice) {
  std::string path(dice.one_of(kNames));
  for (std::size_t n = dice.below(4); n > 0; --n) path.append("/").append(dice.one_of(kNames));
  return path;
}

// What git says about a file: an ignored folder takes all below it along.
Verdict verdict_of_a_walk(const IgnoreRules& rules, std::string_view path) {
  for (std::size_t i = path.find('/'); i != path.npos; i = path.find('/', i + 1)) {
    if (rules.match(path.substr(0, i), true) == true) return ignored;
  }
  return verdict_of(rules.match(path, false));
}

struct Case {
  std::string rules;
  std::vector<std::string> paths;
};

Case random_case(Dice& dice) {
  Case made{random_rules(dice), {}};
  for (int i = 0; i < 20; ++i) made.paths.push_back(random_path(dice));
  return made;
}

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::vector<std::string> read_nul_terminated(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> fields;
  for (std::string field; std::getline(file, field, '\0');) fields.push_back(field);
  return fields;
}

// A repository of its own, deaf to this machine's configuration. Each case has a folder in it, so
// that one run of git answers all of them.
class GitJudge {
 public:
  static bool on_path() { return std::system("git --version >/dev/null 2>&1") == 0; }

  explicit GitJudge(fs::path folder) : folder_(std::move(folder)) {
    REQUIRE(git("init -q --template=") == 0);
  }

  // The verdicts on all paths of all cases, in their order.
  std::vector<Verdict> judge(const std::vector<Case>& cases) {
    std::string questions;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const std::string name = std::to_string(i);
      fs::create_directory(folder_ / name);
      write_file(folder_ / name / ".gitignore", cases[i].rules);
      for (const std::string& path : cases[i].paths) {
        questions.append(name).append("/").append(path).push_back('\0');
      }
    }
    write_file(folder_ / "questions", questions);
    git("-c core.ignorecase=false -c core.precomposeunicode=false check-ignore --no-index -v -n -z "
        "--stdin <questions >answers");
    return verdicts(read_nul_terminated(folder_ / "answers"));
  }

 private:
  int git(std::string_view arguments) {
    const std::string command = fmt::format(
        "cd '{0}' && env -i PATH=\"$PATH\" HOME='{0}' GIT_CONFIG_GLOBAL=/dev/null "
        "GIT_CONFIG_SYSTEM=/dev/null git {1}",
        folder_.string(), arguments);
    return std::system(command.c_str());
  }

  // An answer has four fields: the file and line of the rule, the rule, the path.
  static std::vector<Verdict> verdicts(const std::vector<std::string>& fields) {
    std::vector<Verdict> answers;
    for (std::size_t i = 0; i + 3 < fields.size(); i += 4) {
      const bool none = fields[i].empty();
      const bool negated = fields[i + 2].starts_with('!');
      answers.push_back(none ? silent : negated ? included : ignored);
    }
    return answers;
  }

  fs::path folder_;
};

}  // namespace

TEST_CASE("git check-ignore agrees on ten thousand random questions") {
  if (!GitJudge::on_path()) {
    MESSAGE("skipped: git is not on PATH");
    return;
  }
  auto folder = TemporaryFolder::create(fs::temp_directory_path(), "mkt-ignore-rules-");
  REQUIRE(folder);
  GitJudge git(folder->path());

  Dice dice;
  std::vector<Case> cases(500);
  for (Case& c : cases) c = random_case(dice);
  const std::vector<Verdict> expected = git.judge(cases);

  REQUIRE(expected.size() == cases.size() * cases.front().paths.size());
  auto answer = expected.begin();
  for (const Case& asked : cases) {
    const IgnoreRules rules = IgnoreRules::parse(asked.rules);
    for (const std::string& path : asked.paths) {
      CAPTURE(asked.rules);
      CAPTURE(path);
      CHECK(verdict_of_a_walk(rules, path) == *answer++);
    }
  }
}

}  // namespace mkt
