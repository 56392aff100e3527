// The cache gives back the bytes that were kept or none, keeps to its bound, and never fails an
// install.
#include "cli/client/tarball_cache.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "tests/unit/client/key_book_fixture.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct TarballCacheFixture : KeyBookFixture {
  fs::path root() const { return folder.path() / "mkt"; }
  fs::path place() const { return root() / "tarballs"; }
  TarballCache cache(std::uint64_t limit = 1000) {
    return {place(), limit, [this](const std::string& text) { told.push_back(text); },
            [this] { return now; }};
  }
  void wait(int minutes) { now += std::chrono::minutes(minutes); }

  // 100 bytes, others for another name.
  static const std::string& tarball(char name) {
    static const std::vector<std::string> all = [] {
      std::vector<std::string> each;
      for (char c = 0; c < 127; ++c) each.emplace_back(100, c);
      return each;
    }();
    return all[static_cast<std::size_t>(name)];
  }
  static Checksum checksum(char name) { return Checksum::of(as_bytes(tarball(name))); }
  fs::path file(char name) const { return place() / checksum(name).hex() / "tarball"; }
  static TarballSource source(char name, const std::string& registry = kOrigin) {
    return {registry, *ConnectorId::parse(std::string(1, name)), *Version::parse("1.0.0"), 7,
            sign_checksum(secret("acme", 1), *PublisherId::parse("acme"), checksum(name),
                          *parse_utc("2026-01-01T00:00:00Z"))};
  }
  // An open file with this content, which has no name.
  UniqueFd open_file(const std::string& content = "") const {
    const fs::path path = folder.path() / "scratch";
    UniqueFd fd = *create_file(path, 0600);
    fs::remove(path);
    REQUIRE(write_all(fd.get(), as_bytes(content), "it"));
    return fd;
  }
  void keep(TarballCache& cache, char name, const std::string& registry = kOrigin) {
    cache.keep(checksum(name), open_file(tarball(name)).get(), source(name, registry));
  }
  // What is taken; nothing is left in the file where there is none.
  std::string take(TarballCache& cache, char name) {
    const UniqueFd to = open_file();
    const auto size = cache.take(checksum(name), to.get());
    REQUIRE(size);
    std::string text(*file_size(to.get(), ""), '\0');
    REQUIRE(read_at(to.get(), {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, 0, ""));
    CHECK(size->has_value() == !text.empty());
    CHECK(size->value_or(0) == text.size());
    CHECK(::lseek(to.get(), 0, SEEK_CUR) == static_cast<off_t>(text.size()));
    return text;
  }
  std::string names(const TarballCache& cache) const {
    std::string all;
    for (const auto& entry : must(cache.list())) {
      for (const auto& s : cache.sources(entry.checksum)) all += s.id.text();
    }
    return all;
  }
  bool told_once(const std::string& text) const {
    return told.size() == 1 && told[0].find(text) != std::string::npos;
  }
  static unsigned mode(const fs::path& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info.st_mode & 07777U;
  }

  std::vector<std::string> told;
};

TEST_CASE_FIXTURE(TarballCacheFixture, "what was kept is taken, for this user alone") {
  TarballCache c = cache();
  CHECK(take(c, 'a').empty());
  keep(c, 'a');
  CHECK(take(c, 'a') == tarball('a'));
  CHECK(take(c, 'b').empty());
  const auto known = c.source(checksum('a'), kOrigin);
  REQUIRE(known);
  CHECK(known->id.text() == "a");
  CHECK(known->version.text() == "1.0.0");
  CHECK(known->accepted_sequence == 7);
  CHECK(known->signature.json() == source('a').signature.json());
  for (const fs::path& path : {root(), place(), file('a').parent_path()}) {
    CHECK(mode(path) == 0700);
  }
  for (const auto& path : fs::directory_iterator(file('a').parent_path())) {
    CHECK(mode(path) == 0600);
    CHECK(fs::hard_link_count(path) == 1);
  }
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(TarballCacheFixture, "a size of 0 turns it off") {
  TarballCache on = cache();
  keep(on, 'a');
  TarballCache off = cache(0);
  keep(off, 'b');
  CHECK(take(off, 'a').empty());
  CHECK_FALSE(off.source(checksum('a'), kOrigin));
  CHECK(names(on) == "a");
  fs::remove_all(root());
  keep(off, 'a');
  CHECK_FALSE(fs::exists(root()));
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(TarballCacheFixture, "the least recently used go first") {
  TarballCache c = cache(300);
  for (const char name : {'a', 'b', 'c'}) {
    keep(c, name);
    wait(1);
  }
  take(c, 'a');
  wait(1);
  keep(c, 'd');
  CHECK(names(c) == "dac");
  wait(1);
  keep(c, 'c');  // is there: that is no use of it
  keep(c, 'e');
  CHECK(names(c) == "eda");
}

TEST_CASE_FIXTURE(TarballCacheFixture, "it never holds more than its size") {
  TarballCache c = cache(350);
  for (char name = 'a'; name <= 'y'; ++name) {
    keep(c, name);
    std::uint64_t bytes = 0;
    for (const auto& entry : must(c.list())) bytes += entry.bytes;
    CHECK(bytes <= 350);
    CHECK(take(c, name) == tarball(name));
    wait(1);
  }
  TarballCache small = cache(99);
  keep(small, 'z');
  CHECK(names(c) == "yxw");  // nothing was removed for what does not fit
  REQUIRE(small.prune(99));
  CHECK(names(c).empty());
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(TarballCacheFixture, "a time to come does not make it stay") {
  TarballCache c = cache(200);
  wait(60 * 24 * 365);
  keep(c, 'a');
  wait(-60 * 24 * 365);
  keep(c, 'b');
  wait(1);
  keep(c, 'c');
  CHECK(names(c) == "cb");
}

TEST_CASE_FIXTURE(TarballCacheFixture, "what is damaged is not taken, and goes") {
  TarballCache c = cache();
  const auto damage = [&](const char* reason, const std::function<void()>& how) {
    CAPTURE(std::string(reason));
    told.clear();
    keep(c, 'a');
    how();
    CHECK(take(c, 'a').empty());
    CHECK(told_once(reason));
    CHECK(told_once("was removed"));
    CHECK_FALSE(fs::exists(file('a').parent_path()));
  };
  damage("another checksum", [&] { std::ofstream(file('a')) << tarball('b'); });
  damage("another checksum", [&] { std::ofstream(file('a')) << "short"; });
  damage("another checksum", [&] { std::ofstream(file('a'), std::ios::trunc); });
  damage("too large", [&] { fs::resize_file(file('a'), (50 << 20) + 1); });
  damage("cannot be read", [&] {
    fs::rename(file('a'), folder.path() / "elsewhere");
    fs::create_symlink(folder.path() / "elsewhere", file('a'));
  });
  CHECK(fs::exists(folder.path() / "elsewhere"));
  damage("cannot be read", [&] {
    fs::remove(file('a'));
    REQUIRE(::mkfifo(file('a').c_str(), 0600) == 0);
  });
  // Without its tarball it is none, and can be kept again.
  told.clear();
  keep(c, 'a');
  fs::remove(file('a'));
  CHECK(take(c, 'a').empty());
  keep(c, 'a');
  CHECK(take(c, 'a') == tarball('a'));
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(TarballCacheFixture, "each registry's word is its own") {
  const std::string other = "https://registry.example";
  TarballCache c = cache();
  keep(c, 'a');
  CHECK_FALSE(c.source(checksum('a'), other));
  keep(c, 'a', other);
  CHECK(c.source(checksum('a'), other)->registry == other);
  CHECK(c.source(checksum('a'), kOrigin)->registry == kOrigin);
  CHECK(c.sources(checksum('a')).size() == 2);
  // Signed again, by another key.
  TarballSource again = source('a');
  again.accepted_sequence = 9;
  again.signature =
      sign_checksum(secret("acme", 2), *PublisherId::parse("acme"), checksum('a'), now);
  c.keep(checksum('a'), open_file(tarball('a')).get(), again);
  CHECK(c.source(checksum('a'), kOrigin)->signature.json() == again.signature.json());
  CHECK(c.source(checksum('a'), kOrigin)->accepted_sequence == 9);
  // One that is about other bytes, or says that it is another's, is none.
  const fs::path ours = file('a').parent_path() / "http+127.0.0.1:3456.json";
  const fs::path theirs = file('a').parent_path() / "https+registry.example.json";
  fs::copy_file(theirs, ours, fs::copy_options::overwrite_existing);
  CHECK_FALSE(c.source(checksum('a'), kOrigin));
  keep(c, 'b');
  fs::copy_file(file('b').parent_path() / "http+127.0.0.1:3456.json", ours,
                fs::copy_options::overwrite_existing);
  CHECK_FALSE(c.source(checksum('a'), kOrigin));
  for (const char* text : {"", "{}", "[]", "{\"format\": \"mkt cache 2\"}"}) {
    std::ofstream(ours) << text;
    CHECK_FALSE(c.source(checksum('a'), kOrigin));
  }
  CHECK(take(c, 'a') == tarball('a'));
}

TEST_CASE_FIXTURE(TarballCacheFixture, "a folder that others may change is not used") {
  const fs::path elsewhere = folder.path() / "elsewhere";
  const auto is_unused = [&](const char* reason) {
    CAPTURE(std::string(reason));
    told.clear();
    TarballCache c = cache();
    CHECK(take(c, 'a').empty());
    keep(c, 'a');
    CHECK_FALSE(c.source(checksum('a'), kOrigin));
    CHECK(told_once(reason));
    CHECK_FALSE(fs::exists(file('a')));
    for (const auto& result : {c.list().error(), c.prune(0).error(), c.verify().error()}) {
      CHECK(result.code == ErrorCode::io_error);
      CHECK(result.message.find(reason) != std::string::npos);
    }
  };
  REQUIRE(make_folders(elsewhere / "tarballs", 0700));
  fs::create_directory_symlink(elsewhere, root());
  is_unused("symbolic link");
  fs::remove(root());
  REQUIRE(make_folders(root(), 0700));
  fs::create_directory_symlink(elsewhere / "tarballs", place());
  is_unused("symbolic link");
  fs::remove(place());
  fs::create_symlink(folder.path() / "nowhere", place());
  is_unused("symbolic link");
  CHECK_FALSE(fs::exists(folder.path() / "nowhere"));
  fs::remove(place());
  REQUIRE(make_folders(place(), 0700));
  for (const unsigned bits : {0720U, 0702U, 01777U}) {
    REQUIRE(::chmod(place().c_str(), bits) == 0);
    is_unused("others may write to it");
  }
  if (::geteuid() == 0) {
    REQUIRE(::chmod(place().c_str(), 0700) == 0);
    for (const fs::path& path : {place(), root()}) {
      REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
      is_unused("belongs to another user");
      REQUIRE(::chown(path.c_str(), 0, 0) == 0);
    }
  }
  // That others may read it is mended.
  REQUIRE(::chmod(place().c_str(), 0755) == 0);
  told.clear();
  TarballCache c = cache();
  keep(c, 'a');
  CHECK(take(c, 'a') == tarball('a'));
  CHECK(mode(place()) == 0700);
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(TarballCacheFixture, "what cannot be written is said once") {
  std::ofstream(root()) << "a file in the way";
  TarballCache c = cache();
  keep(c, 'a');
  keep(c, 'b');
  CHECK(take(c, 'a').empty());
  CHECK(told.size() == 1);
}

TEST_CASE_FIXTURE(TarballCacheFixture, "what a killed process left is removed later") {
  TarballCache c = cache();
  keep(c, 'a');
  const fs::path left = place() / ".unfinished-0123456789abcdef";
  REQUIRE(make_folders(left / checksum('b').hex(), 0700));
  const auto in_use = TemporaryFolder::create(place(), ".unfinished-");
  REQUIRE(in_use);
  CHECK(names(c) == "a");
  keep(c, 'b');
  CHECK_FALSE(fs::exists(left));
  REQUIRE(make_folders(left, 0700));
  REQUIRE(c.prune(c.limit()));
  CHECK_FALSE(fs::exists(left));
  CHECK(fs::exists(in_use->path()));
  CHECK(c.list()->size() == 2);
}

TEST_CASE_FIXTURE(TarballCacheFixture, "verify finds what is damaged and removes it") {
  TarballCache c = cache();
  CHECK(c.verify()->good.empty());
  for (const char name : {'a', 'b', 'c', 'd'}) keep(c, name);
  std::ofstream(file('b')) << tarball('a');
  fs::remove(file('c'));
  std::ofstream(file('d').parent_path() / "http+127.0.0.1:3456.json") << "{}";
  const auto checked = c.verify();
  REQUIRE(checked);
  CHECK(checked->good.size() == 1);
  CHECK(checked->damaged.size() == 3);
  for (const auto& damaged : checked->damaged) CHECK(damaged.removed);
  CHECK(names(c) == "a");
  CHECK(c.list()->size() == 1);
  CHECK(c.verify()->damaged.empty());
}

TEST_CASE_FIXTURE(TarballCacheFixture, "prune removes all, and what is no tarball stays") {
  TarballCache c = cache();
  CHECK(c.prune(0)->empty());
  for (const char name : {'a', 'b', 'c'}) keep(c, name);
  std::ofstream(place() / "notes.txt") << "mine";
  CHECK(c.prune(1000)->empty());
  CHECK(c.prune(200)->size() == 1);
  CHECK(c.prune(0)->size() == 2);
  CHECK(c.list()->empty());
  CHECK(fs::exists(place() / "notes.txt"));
}

TEST_CASE_FIXTURE(TarballCacheFixture, "many at once keep and take, and nobody gets other bytes") {
  constexpr int kThreads = 4, kRounds = 60;
  std::vector<std::vector<std::string>> said(kThreads);
  std::atomic<int> wrong = 0, hits = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      // As another process: nothing is shared but the folder.
      auto& mine = said[static_cast<std::size_t>(t)];
      TarballCache c(place(), 250, [&](const std::string& text) { mine.push_back(text); });
      for (int i = 0; i < kRounds; ++i) {
        const char name = static_cast<char>('a' + (i * 7 + t) % 5);
        const fs::path path = folder.path() / fmt::format("scratch-{}-{}", t, i);
        const auto to = create_file(path, 0600);
        const auto size = to ? c.take(checksum(name), to->get()) : Error();
        if (!size) {
          ++wrong;
          continue;
        }
        if (*size) {
          ++hits;
          if (*read_file(path, 1000) != tarball(name)) ++wrong;
        } else {
          if (!write_all(to->get(), as_bytes(tarball(name)), "")) ++wrong;
          c.keep(checksum(name), to->get(), source(name));
        }
        if (i % 20 == 19 && !c.prune(100)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(hits > 0);
  for (const auto& mine : said) {
    for (const std::string& text : mine) FAIL_CHECK(text);
  }
  TarballCache c = cache(250);
  REQUIRE(c.prune(250));
  CHECK(c.verify()->damaged.empty());
  for (const auto& left : fs::directory_iterator(place())) {
    CHECK_FALSE(left.path().filename().string().starts_with("."));
  }
}

}  // namespace
}  // namespace mkt
