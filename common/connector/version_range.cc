// Reduces ranges to alternatives of plain bounds, as node-semver does.
#include "common/connector/version_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "common/base/utf8.h"

namespace mkt {
namespace {

using Bounds = std::vector<VersionBound>;
using Relation = VersionBound::Relation;

enum class Operator { below, at_most, equal, at_least, above, tilde, caret };

// A longer spelling must stand before a shorter one that it begins with.
struct Spelling {
  std::string_view text;
  Operator meaning;
};
constexpr Spelling kSpellings[] = {
    {"<=", Operator::at_most}, {">=", Operator::at_least}, {"~>", Operator::tilde},
    {"<", Operator::below},    {">", Operator::above},     {"~", Operator::tilde},
    {"^", Operator::caret},    {"=", Operator::equal},     {"", Operator::equal},
};

// A version whose last numbers may be missing or x: 1, 1.2.x, 1.2.3-rc.1.
struct Partial {
  std::size_t given;         // how many of the three numbers it has
  Version::Numbers numbers;  // 0 for the missing ones
  Version first;             // the lowest release that it stands for, or the whole version
};

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> pieces;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find(separator, start)) != std::string_view::npos;) {
    pieces.push_back(text.substr(start, end - start));
    start = end + separator.size();
  }
  pieces.push_back(text.substr(start));
  return pieces;
}

void skip_spaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view take_word(std::string_view& text) {
  skip_spaces(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

Operator take_operator(std::string_view& text) {
  const auto spelling = std::find_if(std::begin(kSpellings), std::end(kSpellings),
                                     [&](const Spelling& s) { return text.starts_with(s.text); });
  text.remove_prefix(spelling->text.size());
  return spelling->meaning;
}

bool is_x(std::string_view piece) { return piece == "x" || piece == "X" || piece == "*"; }

std::optional<Partial> parse_partial(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  const std::size_t end = std::min(text.find_first_of("-+"), text.size());
  const std::string_view qualifier = text.substr(end);
  const auto pieces = split(text.substr(0, end), ".");
  if (pieces.size() > 3 || (pieces.size() < 3 && qualifier.starts_with('-'))) return std::nullopt;

  std::size_t given = 0;
  Version::Numbers numbers{};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (is_x(pieces[i])) continue;
    const auto number = parse_version_number(pieces[i]);
    const bool follows_x = given < i;
    // The next number must exist: it bounds what this one stands for.
    if (!number || follows_x || number == std::numeric_limits<std::uint64_t>::max()) {
      return std::nullopt;
    }
    numbers[given++] = *number;
  }

  // After an x a qualifier has no effect, but it must be valid.
  auto version = Version::parse(Version::release(numbers).text() + std::string(qualifier));
  if (!version) return std::nullopt;
  return Partial{given, numbers, given == 3 ? *std::move(version) : Version::release(numbers)};
}

// The first numbers above all that share the first `kept` ones: for 1.2.3 and two, 1.3.0.
Version::Numbers next(Version::Numbers numbers, std::size_t kept) {
  ++numbers[kept - 1];
  std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(kept), numbers.end(), 0);
  return numbers;
}

// How many numbers a caret keeps: those up to the first that is not 0.
std::size_t kept_by_caret(const Version::Numbers& numbers) {
  return numbers[0] != 0 ? 1 : numbers[1] != 0 ? 2 : 3;
}

// Adds the bounds "from `partial` on, while its first `kept` numbers (or all it has) are the same".
void add_span(const Partial& partial, std::size_t kept, Bounds& out) {
  kept = std::min(kept, partial.given);
  if (kept == 0) return;
  out.push_back({Relation::at_least, partial.first});
  out.push_back({Relation::below, Version::first_prerelease(next(partial.numbers, kept))});
}

void add_nothing(Bounds& out) { out.push_back({Relation::below, Version::first_prerelease({})}); }

// An upper bound made here ends in -0, so it also excludes the prereleases of the version it names.
void add_comparison(Operator op, const Partial& partial, Bounds& out) {
  const auto& [given, numbers, first] = partial;
  const bool is_whole = given == 3;
  switch (op) {
    case Operator::caret:
      return add_span(partial, kept_by_caret(numbers), out);
    case Operator::tilde:
      return add_span(partial, 2, out);
    case Operator::equal:
      if (!is_whole) return add_span(partial, given, out);
      return out.push_back({Relation::equal, first});
    case Operator::at_least:
      // >=0.0.0 excludes no release, so it adds no bound, as for *.
      if (compare_precedence(first, Version::release({})) == 0) return;
      return out.push_back({Relation::at_least, first});
    case Operator::above:
      if (given == 0) return add_nothing(out);
      if (is_whole) return out.push_back({Relation::above, first});
      return out.push_back({Relation::at_least, Version::release(next(numbers, given))});
    case Operator::below:
      if (is_whole) return out.push_back({Relation::below, first});
      return out.push_back({Relation::below, Version::first_prerelease(numbers)});
    case Operator::at_most:
      if (given == 0) return;
      if (is_whole) return out.push_back({Relation::at_most, first});
      return out.push_back({Relation::below, Version::first_prerelease(next(numbers, given))});
  }
}

std::optional<Bounds> parse_hyphen(std::string_view from, std::string_view to) {
  const auto first = parse_partial(take_word(from));
  const auto last = parse_partial(take_word(to));
  skip_spaces(from);
  skip_spaces(to);
  if (!first || !last || !from.empty() || !to.empty()) return std::nullopt;
  Bounds bounds;
  add_comparison(Operator::at_least, *first, bounds);
  add_comparison(Operator::at_most, *last, bounds);
  return bounds;
}

std::optional<Bounds> parse_alternative(std::string_view text) {
  constexpr std::string_view kHyphen = " - ";
  if (const std::size_t at = text.find(kHyphen); at != std::string_view::npos) {
    return parse_hyphen(text.substr(0, at), text.substr(at + kHyphen.size()));
  }
  Bounds bounds;
  for (skip_spaces(text); !text.empty(); skip_spaces(text)) {
    const Operator op = take_operator(text);
    const auto partial = parse_partial(take_word(text));
    if (!partial) return std::nullopt;
    add_comparison(op, *partial, bounds);
  }
  return bounds;
}

bool holds(const VersionBound& bound, const Version& version) {
  const auto order = compare_precedence(version, bound.version);
  switch (bound.relation) {
    case Relation::below:
      return order < 0;
    case Relation::at_most:
      return order <= 0;
    case Relation::equal:
      return order == 0;
    case Relation::at_least:
      return order >= 0;
    case Relation::above:
      return order > 0;
  }
  return false;
}

bool contains_all(const Bounds& bounds, const Version& version) {
  const auto names_its_prereleases = [&](const VersionBound& bound) {
    return bound.version.is_prerelease() && bound.version.numbers() == version.numbers();
  };
  return std::all_of(bounds.begin(), bounds.end(),
                     [&](const VersionBound& bound) { return holds(bound, version); }) &&
         (!version.is_prerelease() ||
          std::any_of(bounds.begin(), bounds.end(), names_its_prereleases));
}

}  // namespace

Result<VersionRange> VersionRange::parse(std::string_view text) {
  if (text.size() > kMaxLength) {
    return Error(
        ErrorCode::invalid_input,
        fmt::format("a version range has at most {} characters, not {}", kMaxLength, text.size()));
  }
  std::vector<Alternative> alternatives;
  for (std::string_view piece : split(text, "||")) {
    auto alternative = parse_alternative(piece);
    if (!alternative) {
      return Error(ErrorCode::invalid_input,
                   fmt::format("\"{}\" is not a version range such as ^1.4.0 or >=1.2.0 <2.0.0",
                               printable(text.substr(0, Version::kMaxLength))));
    }
    alternatives.push_back(*std::move(alternative));
  }
  // node-semver reduces `* || 2.0.0-rc.1` to `*`, which does not contain 2.0.0-rc.1.
  const auto is_any = [](const Alternative& alternative) { return alternative.empty(); };
  if (std::any_of(alternatives.begin(), alternatives.end(), is_any)) alternatives = {{}};
  return VersionRange(std::string(text), std::move(alternatives));
}

bool VersionRange::contains(const Version& version) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [&](const Alternative& bounds) { return contains_all(bounds, version); });
}

}  // namespace mkt
