#include "daemon/views/search_index.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <mutex>

#include "common/base/text.h"
#include "common/connector/category.h"
#include "daemon/views/words.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxWords = 16;
// Dead numbers are removed when there are at least this many, and more than live ones.
constexpr std::size_t kMinDead = 1'000;

enum Field : std::uint32_t {
  kId = 1,
  kDisplayName = 2,
  kKeywords = 4,
  kCapabilities = 8,
  kDescription = 16,
  kAuthor = 32,
};

// The score of a match inside a word of the best field. The beginning of a word scores twice that,
// the whole word four times.
constexpr std::uint16_t weight_of(std::uint32_t fields) {
  if (fields & kId) return 10;
  if (fields & kDisplayName) return 8;
  if (fields & kKeywords) return 5;
  if (fields & kCapabilities) return 4;
  if (fields & kDescription) return 2;
  return 1;
}

// memmem(3) does not try every occurrence of the first character, as std::string_view::find does.
std::size_t position_of(std::string_view word, std::string_view text, std::size_t from) {
  const void* const found =
      ::memmem(text.data() + from, text.size() - from, word.data(), word.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// The words of a connector, each with the fields that contain it.
std::map<std::string, std::uint32_t> fields_of_words(const SearchIndex::Document& d) {
  std::map<std::string, std::uint32_t> fields;
  const auto add = [&](std::string_view text, Field field) {
    for (std::string& word : words_of(text)) fields[std::move(word)] |= field;
  };
  add(d.id, kId);
  add(d.display_name, kDisplayName);
  add(d.description, kDescription);
  add(d.author, kAuthor);
  for (const std::string& keyword : d.keywords) add(keyword, kKeywords);
  for (const std::string& capability : d.capabilities) add(capability, kCapabilities);
  return fields;
}

std::string folded_name(const std::string& name) {
  std::string folded;
  for (const std::string& word : words_of(name)) folded += word + ' ';
  return folded;
}

// Of everything that words find or names sort.
std::size_t hash_of_words(const SearchIndex::Document& d) {
  std::string all;
  const auto add = [&all](const std::string& text) { (all += text) += '\0'; };
  add(d.display_name);
  add(d.description);
  add(d.author);
  for (const std::string& word : d.keywords) add(word);
  all += '\0';
  for (const std::string& word : d.capabilities) add(word);
  return std::hash<std::string>()(all);
}

}  // namespace

// Downloads and updates change often, words rarely.
bool SearchIndex::put_counts(const Document& d, std::size_t words) {
  const std::unique_lock lock(mutex_);
  const auto known = numbers_.find(d.id);
  if (known == numbers_.end() || entries_[known->second].words != words) return false;
  downloads_[known->second] = d.downloads;
  updated_[known->second] = to_unix_ms(d.updated_at);
  set_audience(known->second, d);
  return true;
}

void SearchIndex::put(const Document& d) {
  const std::size_t hash = hash_of_words(d);
  if (put_counts(d, hash)) return;
  const auto words = fields_of_words(d);
  std::string name = folded_name(d.display_name);
  const std::unique_lock lock(mutex_);
  const auto number = static_cast<Number>(entries_.size());
  if (const auto before = numbers_.find(d.id); before != numbers_.end()) {
    alive_[before->second] = 0;
    audiences_.erase(before->second);
    ++dead_;
    before->second = number;
  } else {
    numbers_.emplace(d.id, number);
  }
  entries_.push_back({d.id, std::move(name), hash});
  downloads_.push_back(d.downloads);
  updated_.push_back(to_unix_ms(d.updated_at));
  alive_.push_back(1);
  set_audience(number, d);
  for (const auto& [word, fields] : words) {
    auto& postings = postings_[word];
    if (postings.empty()) vocabulary_.append(word) += '\n';
    postings.push_back({number, fields});
  }
  const auto label = [number](Labels& labels, const std::string& word) {
    auto& numbers = labels[word];
    if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
  };
  for (const std::string& word : d.capabilities) {
    label(capabilities_, word);
    label(labels_, word);
    label(labels_, std::string(category_of(word)));
  }
  for (const std::string& word : d.keywords) label(labels_, word);
  if (dead_ >= kMinDead && dead_ > numbers_.size()) make_dense();
}

void SearchIndex::set_audience(Number number, const Document& d) {
  if (is_for_everyone(d.visible_to)) {
    audiences_.erase(number);
  } else {
    audiences_.insert_or_assign(number, Audience{d.visible_to, d.owners});
  }
}

// Numbers keep their order, so postings stay sorted.
void SearchIndex::make_dense() {
  constexpr Number kGone = std::numeric_limits<Number>::max();
  std::vector<Number> renamed(entries_.size(), kGone);
  Number next = 0;
  for (std::size_t old = 0; old < entries_.size(); ++old) {
    if (alive_[old] == 0) continue;
    renamed[old] = next;
    // Those before the first dead one stay in place: a text moved to itself would become empty.
    if (next != old) entries_[next] = std::move(entries_[old]);
    downloads_[next] = downloads_[old];
    updated_[next] = updated_[old];
    numbers_.find(entries_[next].id)->second = next;
    ++next;
  }
  std::unordered_map<Number, Audience> audiences;
  for (auto& [old, audience] : audiences_) {
    if (renamed[old] != kGone) audiences.emplace(renamed[old], std::move(audience));
  }
  audiences_ = std::move(audiences);
  entries_.resize(next);
  downloads_.resize(next);
  updated_.resize(next);
  alive_.assign(next, 1);
  dead_ = 0;
  const auto rename = [&](auto& by_word, const auto& number_of) {
    for (auto it = by_word.begin(); it != by_word.end();) {
      auto& list = it->second;
      std::erase_if(list, [&](auto& element) {
        return (number_of(element) = renamed[number_of(element)]) == kGone;
      });
      it = list.empty() ? by_word.erase(it) : std::next(it);
    }
  };
  rename(postings_, [](Posting& p) -> Number& { return p.number; });
  for (Labels* labels : {&capabilities_, &labels_}) {
    rename(*labels, [](Number& n) -> Number& { return n; });
  }
  vocabulary_ = "\n";
  for (const auto& [word, unused] : postings_) vocabulary_.append(word) += '\n';
}

// The best score of the word in each connector.
void SearchIndex::score_word(std::string_view word, Scores& scores) const {
  scores.assign(entries_.size(), 0);
  if (word.size() >= kMinInside) score_inside(word, scores);
  for (auto it = postings_.lower_bound(word); it != postings_.end() && it->first.starts_with(word);
       ++it) {
    const std::uint16_t factor = it->first.size() == word.size() ? 4 : 2;
    for (const Posting& p : it->second) {
      const auto score = static_cast<std::uint16_t>(weight_of(p.fields) * factor);
      scores[p.number] = std::max(scores[p.number], score);
    }
  }
}

// Finds words that contain it after their beginning. The first place in a word is enough: words
// that begin with it score higher anyway.
void SearchIndex::score_inside(std::string_view word, Scores& scores) const {
  const std::string_view all = vocabulary_;
  for (std::size_t at = position_of(word, all, 0); at != std::string_view::npos;
       at = position_of(word, all, at)) {
    const std::size_t begin = all.rfind('\n', at) + 1;
    const std::size_t end = all.find('\n', at);
    if (begin != at) {
      const auto it = postings_.find(all.substr(begin, end - begin));
      for (const Posting& p : it->second) {
        scores[p.number] = std::max(scores[p.number], weight_of(p.fields));
      }
    }
    at = end;
  }
}

void SearchIndex::score_words(const std::vector<std::string>& words, Scores& scores) const {
  if (words.empty()) {
    scores.assign(alive_.begin(), alive_.end());
    return;
  }
  score_word(words[0], scores);
  thread_local Scores more;
  for (std::size_t w = 1; w < words.size(); ++w) {
    score_word(words[w], more);
    for (std::size_t n = 0; n < scores.size(); ++n) {
      const bool both = scores[n] != 0 && more[n] != 0;
      scores[n] = static_cast<std::uint16_t>(both ? scores[n] + more[n] : 0);
    }
  }
  for (std::size_t n = 0; n < scores.size(); ++n) {
    scores[n] = static_cast<std::uint16_t>(scores[n] * alive_[n]);
  }
}

// Most connectors are for everyone, so this touches few.
void SearchIndex::drop_unseen(Scores& scores, const Viewer& viewer) const {
  for (const auto& [number, audience] : audiences_) {
    if (!sees(viewer, audience.visible_to, audience.owners)) scores[number] = 0;
  }
}

void SearchIndex::drop_unlabelled(Scores& scores, const Labels& labels,
                                  const std::vector<std::string>& wanted) const {
  if (wanted.empty()) return;
  std::vector<std::uint8_t> has(scores.size(), 0);
  for (const std::string& label : wanted) {
    const auto it = labels.find(label);
    if (it == labels.end()) continue;
    for (const Number n : it->second) has[n] = 1;
  }
  for (std::size_t n = 0; n < scores.size(); ++n) {
    scores[n] = static_cast<std::uint16_t>(scores[n] * has[n]);
  }
}

SearchIndex::Hits SearchIndex::best_by_name(const Scores& scores, const SearchQuery& q) const {
  std::vector<Number> matches;
  for (Number n = 0; n < scores.size(); ++n) {
    if (scores[n] != 0) matches.push_back(n);
  }
  Hits hits{{}, matches.size()};
  const std::size_t first = std::min(matches.size(), std::size_t{q.page - 1} * q.page_size);
  const std::size_t last = std::min(matches.size(), first + q.page_size);
  const auto at = [&](std::size_t place) {
    return matches.begin() + static_cast<std::ptrdiff_t>(place);
  };
  std::partial_sort(matches.begin(), at(last), matches.end(), [&](Number a, Number b) {
    const int order = entries_[a].name.compare(entries_[b].name);
    if (order != 0) return q.descending ? order > 0 : order < 0;
    return entries_[a].id < entries_[b].id;
  });
  for (std::size_t i = first; i < last; ++i) hits.ids.push_back(entries_[matches[i]].id);
  return hits;
}

// One pass over all matches. It keeps no more than this page and the pages before it, so one
// comparison rejects most matches.
SearchIndex::Hits SearchIndex::best_by_rank(const Scores& scores, const SearchQuery& q,
                                            std::optional<Number> exact) const {
  constexpr std::uint64_t kMaxDownloads = (1ULL << 44) - 1;
  struct Ranked {
    std::uint64_t rank;
    Number number;
  };
  const auto rank_of = [&](Number n) -> std::uint64_t {
    std::uint64_t rank = 0;
    const auto downloads = std::min(
        static_cast<std::uint64_t>(std::max<std::int64_t>(downloads_[n], 0)), kMaxDownloads);
    if (q.sort_by == SortBy::relevance) {
      rank = (std::uint64_t{scores[n]} << 44) | downloads;
      if (exact && *exact == n) rank |= 1ULL << 63;
    } else if (q.sort_by == SortBy::downloads) {
      rank = downloads;
    } else {
      rank = static_cast<std::uint64_t>(std::max<std::int64_t>(updated_[n], 0));
    }
    return q.descending ? rank : ~rank;
  };
  const auto precedes = [&](const Ranked& a, const Ranked& b) {
    return a.rank != b.rank ? a.rank > b.rank : entries_[a.number].id < entries_[b.number].id;
  };
  const std::size_t first = std::size_t{q.page - 1} * q.page_size;
  const std::size_t last = first + q.page_size;
  Hits hits;
  std::vector<Ranked> best;  // a heap, once it is full, with the last one in front
  for (Number n = 0; n < scores.size(); ++n) {
    if (scores[n] == 0) continue;
    ++hits.total;
    const Ranked candidate{rank_of(n), n};
    if (best.size() < last) {
      best.push_back(candidate);
      if (best.size() == last) std::make_heap(best.begin(), best.end(), precedes);
    } else if (precedes(candidate, best.front())) {
      std::pop_heap(best.begin(), best.end(), precedes);
      best.back() = candidate;
      std::push_heap(best.begin(), best.end(), precedes);
    }
  }
  std::sort(best.begin(), best.end(), precedes);
  for (std::size_t i = first; i < best.size(); ++i) hits.ids.push_back(entries_[best[i].number].id);
  return hits;
}

SearchIndex::Hits SearchIndex::search(const SearchQuery& q) const {
  std::vector<std::string> words = words_of(q.text);
  const std::string text = lower_case(trim(q.text, " "));
  if (words.empty() && !text.empty()) return {};  // a query of punctuation alone matches nothing
  if (words.size() > kMaxWords) words.resize(kMaxWords);

  thread_local Scores scores;
  const std::shared_lock lock(mutex_);
  score_words(words, scores);
  drop_unseen(scores, q.viewer);
  drop_unlabelled(scores, capabilities_, q.capabilities);
  drop_unlabelled(scores, labels_, q.categories);
  if (q.sort_by == SortBy::name) return best_by_name(scores, q);
  const auto exact = numbers_.find(text);
  return best_by_rank(scores, q,
                      exact == numbers_.end() ? std::nullopt : std::optional(exact->second));
}

}  // namespace mkt
