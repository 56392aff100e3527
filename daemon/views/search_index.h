// SearchIndex: finds the connectors that contain given words, best first, in memory.
//
// An inverted index: for each word it has the connectors that contain it, and in which fields.
// Every word of a query must occur: as a word, as the beginning of one, or, from kMinInside bytes
// on, anywhere inside one. Each word scores by the best field where it is found; whole words score
// above beginnings, and beginnings above the rest. An exact id comes first, and downloads decide
// between equal scores. Counts are exact.
//
// A changed connector gets a new number and its old number is dead; one whose words are the same
// keeps its number. When most numbers are dead, they are made dense again. About 250 bytes per
// connector. Thread-safe: many threads search, one changes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/rules/visibility.h"
#include "daemon/store/records/overview.h"

namespace mkt {

enum class SortBy { relevance, downloads, updated, name };

struct SearchQuery {
  std::string text;                       // words; empty for all
  std::vector<std::string> capabilities;  // any of these; empty for all
  std::vector<std::string> categories;    // any of these, as capability or keyword
  SortBy sort_by = SortBy::relevance;
  bool descending = true;
  std::uint32_t page = 1;
  std::uint32_t page_size = 20;
  Viewer viewer = {};  // finds no connector that it does not see
};

class SearchIndex {
 public:
  static constexpr std::size_t kMinInside = 2;  // bytes

  using Document = SearchDocument;

  // Adds the connector, or replaces the one with that id.
  void put(const Document& document);

  struct Hits {
    std::vector<std::string> ids;  // of the page
    std::uint64_t total = 0;
  };
  Hits search(const SearchQuery& query) const;

 private:
  using Number = std::uint32_t;
  struct Posting {
    Number number;
    std::uint32_t fields;  // of Field
  };
  struct Entry {
    std::string id;
    std::string name;       // display name, folded, for sorting
    std::size_t words = 0;  // hash of everything that is indexed
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Postings = std::map<std::string, std::vector<Posting>, std::less<>>;
  using Labels = std::map<std::string, std::vector<Number>, std::less<>>;

  // By number; 0 where a connector does not match.
  using Scores = std::vector<std::uint16_t>;

  // Who sees a connector that is not for everyone.
  struct Audience {
    std::vector<std::string> visible_to;
    std::vector<std::string> owners;
  };

  // False where the connector is new or its words have changed.
  bool put_counts(const Document& document, std::size_t words);
  void score_word(std::string_view word, Scores& scores) const;
  void score_inside(std::string_view word, Scores& scores) const;
  void score_words(const std::vector<std::string>& words, Scores& scores) const;
  void set_audience(Number number, const Document& document);
  void drop_unseen(Scores& scores, const Viewer& viewer) const;
  void drop_unlabelled(Scores& scores, const Labels& labels,
                       const std::vector<std::string>& wanted) const;
  Hits best_by_name(const Scores& scores, const SearchQuery& query) const;
  Hits best_by_rank(const Scores& scores, const SearchQuery& query,
                    std::optional<Number> exact) const;
  void make_dense();

  mutable std::shared_mutex mutex_;  // guards all below
  std::vector<Entry> entries_;       // by number
  std::vector<std::int64_t> downloads_;
  std::vector<std::int64_t> updated_;  // milliseconds
  std::vector<std::uint8_t> alive_;    // 1 or 0
  std::size_t dead_ = 0;
  std::unordered_map<std::string, Number, Hash, std::equal_to<>> numbers_;  // by id
  std::unordered_map<Number, Audience> audiences_;  // of those that not everyone sees
  Postings postings_;
  Labels capabilities_;
  Labels labels_;  // capabilities, their categories, and keywords
  // Every word of postings_ between two line ends, to find text inside words.
  std::string vocabulary_ = "\n";
};

}  // namespace mkt
