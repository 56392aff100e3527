#include "daemon/blobs/blob_cache.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "common/base/semaphore.h"
#include "tests/unit/blobs/blob_store_conformance.h"
#include "tests/unit/eventually.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A cache of texts that a test keeps elsewhere.
struct CacheFixture {
  void open(BlobCacheBounds bounds = {}) {
    cache.reset();
    cache = must(BlobCache::open(
        folder.path(), bounds,
        [this](const Checksum& checksum, std::uint64_t, const BlobCache::Sink& sink) -> Status {
          ++fetches;
          if (before_fetch) before_fetch();
          return fetch(checksum, sink);
        }));
  }
  Status fetch(const Checksum& checksum, const BlobCache::Sink& sink) const {
    const auto found = elsewhere.find(checksum.hex());
    if (found == elsewhere.end()) return Error(ErrorCode::not_found, "no such object");
    MKT_CHECK(sink(as_bytes(found->second).first(found->second.size() / 2)));
    return sink(as_bytes(found->second).subspan(found->second.size() / 2));
  }
  Checksum keep_elsewhere(const std::string& text) {
    elsewhere[sum_of(text).hex()] = text;
    return sum_of(text);
  }
  Result<UniqueFd> open_text(const std::string& text) {
    return cache->open_blob(sum_of(text), text.size());
  }
  fs::path path_of(const std::string& text) const {
    return folder.path() / sum_of(text).hex().substr(0, 2) / sum_of(text).hex();
  }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      n += entry.is_regular_file() ? 1 : 0;
    }
    return n;
  }

  TemporaryFolder folder = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-cache-");
  std::map<std::string, std::string> elsewhere;  // by hex
  std::atomic<int> fetches{0};
  std::function<void()> before_fetch;
  std::unique_ptr<BlobCache> cache;
};

TEST_CASE_FIXTURE(CacheFixture, "a blob is fetched once and opened from then on") {
  keep_elsewhere("hello");
  open();
  for (int i = 0; i < 3; ++i) CHECK(bytes_of(must(open_text("hello"))) == "hello");
  CHECK(fetches == 1);
  CHECK(cache->counts().bytes == 5);
  CHECK(cache->counts().opened == 3);
  struct stat info {};
  REQUIRE(::stat(path_of("hello").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE_FIXTURE(CacheFixture, "the least recently used go, and who has them open keeps them") {
  open({.most_bytes = 30});
  for (const char* text : {"first-----", "second----", "third-----", "fourth----"}) {
    keep_elsewhere(text);
  }
  const UniqueFd first = must(open_text("first-----"));
  const UniqueFd second = must(open_text("second----"));
  REQUIRE(open_text("third-----"));
  REQUIRE(open_text("first-----"));
  REQUIRE(open_text("fourth----"));  // instead of the second
  CHECK(cache->counts().blobs == 3);
  CHECK(cache->counts().bytes == 30);
  CHECK(files() == 3);
  CHECK_FALSE(fs::exists(path_of("second----")));
  CHECK(bytes_of(second) == "second----");
  CHECK(fetches == 4);
  REQUIRE(open_text("first-----"));
  CHECK(fetches == 4);
  REQUIRE(open_text("second----"));
  CHECK(fetches == 5);
}

TEST_CASE_FIXTURE(CacheFixture, "a blob larger than the cache is given, alone") {
  open({.most_bytes = 8});
  keep_elsewhere("small");
  keep_elsewhere("larger than all");
  REQUIRE(open_text("small"));
  CHECK(bytes_of(must(open_text("larger than all"))) == "larger than all");
  CHECK(files() == 1);
  REQUIRE(open_text("small"));
  CHECK(files() == 1);
  CHECK(cache->counts().bytes == 5);
}

TEST_CASE_FIXTURE(CacheFixture, "a hundred who ask for one blob at once cost one fetch") {
  Semaphore go;
  before_fetch = [&] { go.wait(); };
  keep_elsewhere("wanted");
  open({.most_waiting = 99});
  std::atomic<int> got{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      if (const auto fd = open_text("wanted"); fd && bytes_of(*fd) == "wanted") ++got;
    });
  }
  CHECK(eventually([&] { return cache->counts().waiting == 99; }));
  go.raise();
  for (std::thread& thread : threads) thread.join();
  CHECK(got == 100);
  CHECK(fetches == 1);
}

TEST_CASE_FIXTURE(CacheFixture, "who waited for a fetch that failed is told why") {
  Semaphore go;
  before_fetch = [&] { go.wait(); };
  open({.most_waiting = 3});
  std::atomic<int> damaged{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto fd = open_text("missing");
      if (!fd && fd.error().code == ErrorCode::data_damaged) ++damaged;
    });
  }
  CHECK(eventually([&] { return cache->counts().waiting == 3; }));
  go.raise();
  for (std::thread& thread : threads) thread.join();
  CHECK(damaged == 4);
  CHECK(fetches == 1);
  CHECK(files() == 0);
}

TEST_CASE_FIXTURE(CacheFixture, "a slow store holds no more threads than it may") {
  Semaphore go;
  before_fetch = [&] { go.wait(); };
  for (const char* text : {"one", "two", "three", "here"}) keep_elsewhere(text);
  open({.most_fills = 2, .most_waiting = 1});
  go.raise();
  REQUIRE(open_text("here"));
  std::vector<std::thread> threads;
  std::atomic<int> got{0};
  const auto ask = [&](const std::string& text) {
    threads.emplace_back([&, text] { got += open_text(text) ? 1 : 0; });
  };
  ask("one");
  ask("two");
  CHECK(eventually([&] { return fetches == 3; }));
  ask("three");  // has no fetch yet
  CHECK(eventually([&] { return cache->counts().waiting == 1; }));
  for (const char* text : {"one", "three"}) {
    const auto refused = open_text(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::overloaded);
    CHECK(refused.error().retry_after);
  }
  CHECK(cache->counts().refused == 2);
  CHECK(open_text("here"));  // what is cached goes on
  for (int i = 0; i < 3; ++i) go.raise();
  for (std::thread& thread : threads) thread.join();
  CHECK(got == 3);
}

TEST_CASE_FIXTURE(CacheFixture, "nobody waits for longer than the cache's patience") {
  Semaphore go;
  before_fetch = [&] { go.wait(); };
  keep_elsewhere("slow");
  open({.patience = 20ms});
  std::thread first([&] { CHECK(open_text("slow")); });
  CHECK(eventually([&] { return fetches == 1; }));
  CHECK(open_text("slow").error().code == ErrorCode::overloaded);
  go.raise();
  first.join();
  CHECK(open_text("slow"));
}

TEST_CASE_FIXTURE(CacheFixture, "other bytes than the checksum says are damaged, and not kept") {
  open();
  const std::string text = "the right bytes";
  for (const char* wrong : {"the wrong bytes", "the right byte", "the right bytes!", ""}) {
    CAPTURE(wrong);
    elsewhere[sum_of(text).hex()] = wrong;
    const auto refused = open_text(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::data_damaged);
    CHECK(files() == 0);
    CHECK(cache->counts().blobs == 0);
    CHECK(cache->counts().bytes == 0);
  }
  // Repaired where it comes from.
  keep_elsewhere(text);
  CHECK(open_text(text));
  // The right bytes, of which the catalog tells another size.
  CHECK(cache->open_blob(sum_of(text), text.size() + 1).error().code == ErrorCode::data_damaged);
  CHECK(open_text(text));
}

TEST_CASE_FIXTURE(CacheFixture, "a restart finds what is there, and hashes it when it is opened") {
  for (const char* text : {"good", "flipped", "shorter"}) keep_elsewhere(text);
  open();
  for (const char* text : {"good", "flipped", "shorter"}) REQUIRE(open_text(text));
  cache.reset();
  std::ofstream(path_of("flipped"), std::ios::trunc) << "Flipped";
  std::ofstream(path_of("shorter"), std::ios::trunc) << "short";
  std::ofstream(folder.path() / "filling" / "half") << "hal";
  std::ofstream(path_of("good").parent_path() / "foreign") << "x";
  open();
  CHECK(cache->counts().blobs == 3);
  CHECK_FALSE(fs::exists(folder.path() / "filling" / "half"));
  fetches = 0;
  CHECK(bytes_of(must(open_text("good"))) == "good");
  CHECK(fetches == 0);
  CHECK(bytes_of(must(open_text("flipped"))) == "flipped");
  CHECK(bytes_of(must(open_text("shorter"))) == "shorter");
  CHECK(fetches == 2);
  CHECK(cache->counts().bytes == 18);
}

TEST_CASE_FIXTURE(CacheFixture, "a restart with less room keeps what was used last") {
  open();
  for (const char* text : {"older", "newer"}) {
    keep_elsewhere(text);
    REQUIRE(open_text(text));
  }
  fs::last_write_time(path_of("older"), fs::file_time_type::clock::now() - 1h);
  open({.most_bytes = 6});
  CHECK(fs::exists(path_of("newer")));
  CHECK_FALSE(fs::exists(path_of("older")));
}

TEST_CASE_FIXTURE(CacheFixture, "a file that somebody removed or cut is fetched again") {
  keep_elsewhere("hello");
  open();
  REQUIRE(open_text("hello"));
  fs::remove(path_of("hello"));
  CHECK(bytes_of(must(open_text("hello"))) == "hello");
  fs::resize_file(path_of("hello"), 2);
  CHECK(bytes_of(must(open_text("hello"))) == "hello");
  CHECK(fetches == 3);
  CHECK(cache->counts().bytes == 5);
  cache->forget(sum_of("hello"));
  CHECK(files() == 0);
}

TEST_CASE_FIXTURE(CacheFixture, "many threads, many blobs and little room: whole files, or none") {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    texts.push_back(
        std::string(static_cast<std::size_t>(100 + i), static_cast<char>('a' + i % 26)));
    keep_elsewhere(texts.back());
  }
  open({.most_bytes = 1000, .most_fills = 3, .most_waiting = 8});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 200; ++i) {
        const std::string& text = texts[(i * (2 * t + 1) + t) % texts.size()];
        const auto fd = open_text(text);
        if (!fd || bytes_of(*fd) != text) ++wrong;
        if (i % 17 == 0) cache->forget(sum_of(text));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(cache->counts().bytes <= 1000);
  CHECK(cache->counts().blobs <= 10);
}

}  // namespace
}  // namespace mkt
