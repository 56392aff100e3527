// SearchIndex: what is found, in which order, and that changes leave no trace of before.
#include "daemon/views/search_index.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <set>

#include "daemon/views/words.h"

namespace mkt {
namespace {

SearchIndex::Document document(const std::string& id, const std::string& description = "",
                               std::int64_t downloads = 0) {
  SearchIndex::Document d;
  d.id = id;
  d.display_name = "The " + id;
  d.description = description;
  d.author = "somebody";
  d.capabilities = {"custom"};
  d.downloads = downloads;
  return d;
}

SearchQuery words(const std::string& text) {
  SearchQuery q;
  q.text = text;
  return q;
}

using Ids = std::vector<std::string>;

TEST_CASE("words are folded and split as people see them") {
  CHECK(words_of("Café CI-CD_2 ﬁle Straße") == Ids{"cafe", "ci", "cd", "2", "file", "strasse"});
  CHECK(words_of("日本 語") == Ids{"日本", "語"});
  CHECK(words_of("\"*( -").empty());
  CHECK(words_of(std::string(200, 'a'))[0].size() == kMaxWordBytes);
  CHECK(words_of("a\xff"
                 "b") == Ids{"a", "b"});
}

TEST_CASE("all words must occur") {
  SearchIndex index;
  index.put(document("slack", "Sends messages"));
  index.put(document("mail", "Sends letters"));
  CHECK(index.search(words("sends mess")).ids == Ids{"slack"});
  CHECK(index.search(words("SENDS")).total == 2);
  CHECK(index.search(words("ands")).total == 0);
  CHECK(index.search(words("sends nothing")).total == 0);
  CHECK(index.search(words("")).total == 2);
  CHECK(index.search(words("  \"* ")).total == 0);
}

TEST_CASE("an exact id is first, then names, then descriptions, then downloads") {
  SearchIndex index;
  index.put(document("about", "speaks of git", 1'000'000));
  index.put(document("about-too", "speaks of git", 2'000'000));
  index.put(document("git-extra", "", 5));
  index.put(document("github", "", 900));
  index.put(document("git", "", 0));
  CHECK(index.search(words("git")).ids == Ids{"git", "git-extra", "github", "about-too", "about"});
  CHECK(index.search(words(" GIT ")).ids[0] == "git");
}

TEST_CASE("a changed connector is found by what it says now") {
  SearchIndex index;
  index.put(document("tool", "ancient"));
  index.put(document("tool", "modern"));
  CHECK(index.search(words("ancient")).total == 0);
  CHECK(index.search(words("modern")).ids == Ids{"tool"});
  CHECK(index.search(words("")).total == 1);
  index.put(document("other", "modern", 3));
  CHECK(index.search(words("modern")).ids == Ids{"other", "tool"});
  index.put(
      document("tool", "modern", 5));  // the same words: it keeps its place, and is counted anew
  CHECK(index.search(words("modern")).ids == Ids{"tool", "other"});
}

TEST_CASE("labels filter, any of them") {
  SearchIndex index;
  auto d = document("a");
  d.capabilities = {"vcs"};
  d.keywords = {"shared"};
  index.put(d);
  d = document("b");
  d.capabilities = {"ci-cd", "vcs"};
  index.put(d);
  index.put(document("c"));
  SearchQuery q;
  q.capabilities = {"ci-cd", "none"};
  CHECK(index.search(q).ids == Ids{"b"});
  q.capabilities = {"vcs", "custom"};
  CHECK(index.search(q).total == 3);
  q.categories = {"shared"};
  CHECK(index.search(q).ids == Ids{"a"});
  q.capabilities = {"shared"};  // a keyword is no capability
  CHECK(index.search(q).total == 0);
}

TEST_CASE("after many changes, and in every order and page, it is as if it were built anew") {
  std::mt19937 random(1);
  SearchIndex changed, fresh;
  std::map<std::string, SearchIndex::Document> now;
  for (int i = 0; i < 5000; ++i) {
    auto d = document(fmt::format("c{}", random() % 300),
                      fmt::format("w{} w{}", random() % 20, random() % 20),
                      static_cast<std::int64_t>(random() % 50));
    d.updated_at = from_unix_ms(static_cast<std::int64_t>(random() % 1000));
    d.display_name = fmt::format("N{}", random() % 100);
    now[d.id] = d;
    changed.put(d);
  }
  for (const auto& [id, d] : now) fresh.put(d);
  for (const std::string text : {"", "w1", "w1 w2", "c1", "n"}) {
    for (const SortBy sort :
         {SortBy::relevance, SortBy::downloads, SortBy::updated, SortBy::name}) {
      for (const bool descending : {true, false}) {
        SearchQuery q = words(text);
        q.sort_by = sort;
        q.descending = descending;
        q.page_size = 7;
        std::set<std::string> seen;
        std::uint64_t total = 0;
        for (q.page = 1;; ++q.page) {
          const auto hits = changed.search(q);
          CHECK(hits.ids == fresh.search(q).ids);
          total = hits.total;
          if (hits.ids.empty()) break;
          seen.insert(hits.ids.begin(), hits.ids.end());
        }
        CHECK(seen.size() == total);
      }
    }
  }
}

TEST_CASE("a connector that never changed stays found while others change by the thousand") {
  SearchIndex index;
  index.put(document("first"));
  for (int i = 0; i < 3000; ++i) index.put(document("busy"));
  CHECK(index.search(words("first")).ids == Ids{"first"});
  CHECK(index.search(words("busy")).ids == Ids{"busy"});
  index.put(document("first", "changed"));
  CHECK(index.search(words("changed")).ids == Ids{"first"});
  CHECK(index.search(words("")).total == 2);
}

TEST_CASE("what stands inside of a word is found, behind what begins one") {
  SearchIndex index;
  index.put(document("hello", "says hello world"));
  index.put(document("elloquent", "something else"));
  CHECK(index.search(words("ello")).ids == Ids{"elloquent", "hello"});
  CHECK(index.search(words("lo wor")).ids == Ids{"hello"});
  CHECK(index.search(words("ELLO")).total == 2);
  CHECK(index.search(words("orl")).ids == Ids{"hello"});
  CHECK(index.search(words("olleh")).total == 0);
  // One byte begins a word, or is everywhere.
  CHECK(index.search(words("o")).total == 0);
}

TEST_CASE("a category is what a connector's capabilities stand for") {
  SearchIndex index;
  const auto put = [&](const char* id, std::vector<std::string> capabilities) {
    auto d = document(id);
    d.capabilities = std::move(capabilities);
    index.put(d);
  };
  put("git", {"vcs"});
  put("base", {"database", "auth"});
  put("own", {"custom"});
  put("strange", {"teleport"});
  const auto in = [&](const char* category) {
    SearchQuery q;
    q.categories = {category};
    q.sort_by = SortBy::name;
    q.descending = false;
    return index.search(q).ids;
  };
  CHECK(in("version-control") == Ids{"git"});
  CHECK(in("infrastructure") == Ids{"base"});
  CHECK(in("security") == Ids{"base"});
  CHECK(in("other") == Ids{"own", "strange"});
  CHECK(in("testing").empty());
}

}  // namespace
}  // namespace mkt
