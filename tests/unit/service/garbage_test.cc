// Garbage of a folder with one daemon, and of a blob store that, as S3, removes an object whatever
// was placed after it was looked at.
#include "daemon/service/garbage.h"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "tests/unit/eventually.h"
#include "tests/unit/service/registry_fixture.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

class ObjectBlobs : public BlobStore {
 public:
  explicit ObjectBlobs(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }
  ~ObjectBlobs() override = default;

  Result<BlobUpload> begin_upload() override { return begin_upload_in(folder_); }
  Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t) const override {
    return lost_blob(checksum);
  }
  Result<BlobPage> list(const std::optional<Checksum>& after) const override {
    const std::lock_guard lock(mutex_);
    BlobPage page;
    for (const auto& [hex, placed_at] : objects_) {
      if (after && hex <= after->hex()) continue;
      page.blobs.push_back({*Checksum::parse("sha256:" + hex), 5, placed_at});
    }
    return page;
  }
  void put(const Checksum& checksum, UtcTime placed_at) {
    const std::lock_guard lock(mutex_);
    objects_[checksum.hex()] = placed_at;
  }
  bool has(const Checksum& checksum) const {
    const std::lock_guard lock(mutex_);
    return objects_.contains(checksum.hex());
  }

  std::function<void()> between_look_and_removal = [] {};

 private:
  Result<bool> remove_blob(const Checksum& checksum, UtcTime not_newer_than,
                           const MayGoOn& may_go_on) override {
    {
      const std::lock_guard lock(mutex_);
      const auto object = objects_.find(checksum.hex());
      if (object == objects_.end() || object->second > not_newer_than) return false;
    }
    if (!may_go_on()) return may_not_remove();
    between_look_and_removal();
    const std::lock_guard lock(mutex_);
    objects_.erase(checksum.hex());
    return true;
  }

  Status place(BlobUpload& upload) override {
    put(upload.checksum(), utc_now());
    return {};
  }
  void kept(const Checksum&) override {}
  void abandoned(const Checksum&) override {}

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::map<std::string, UtcTime> objects_;  // guarded by mutex_
};

Checksum bytes_of(int number) { return Checksum::of(as_bytes(fmt::format("tarball {}", number))); }

// A marketplace on PostgreSQL and such a store, whose daemon has the job.
struct SharedMarketplace {
  SharedMarketplace()
      : fixture([this](const std::filesystem::path& folder) {
          return std::make_unique<Registry>(folder, open_postgres(database.url()), [] {});
        }),
        blobs(fixture.folder.path() / "objects"),
        store(open_postgres(database.url())),
        checked(*store),
        market{.store = checked,
               .blobs = blobs,
               .rules = Rules(),
               .now = [this] { return utc_now() + ahead.load(); }},
        job(store->jobs().stand_for("gc")),
        key(fixture.add_publisher("acme")) {
    REQUIRE(eventually([&] { return job->term().has_value(); }));
  }
  // So that no request of a removal can be late.
  void wait() { ahead = ahead.load() + kRemovalMayBeLate; }
  GarbageTurn turn() const { return {*job, *job->term()}; }
  Result<GarbageReport> collect() const {
    return collect_garbage(market, turn(), market.now() - kGarbageAge);
  }
  // As Publication does: the bytes, and then the version that names them.
  Result<Published> publish(int number) {
    NewVersion n = RegistryFixture::version(fmt::format("tool{}", number), "1.0.0", key);
    n.version.checksum = bytes_of(number).text();
    blobs.put(bytes_of(number), utc_now());
    auto published = keep_version(market, kActor, n);
    if (published || published.error().code != ErrorCode::overloaded) return published;
    const auto removal = removal_to_place_after(market, n.version.checksum);
    if (!removal) return removal.error();
    if (!*removal) return published;
    blobs.put(bytes_of(number), utc_now());
    return keep_version(market, kActor, n, *removal);
  }
  void put_old(int number) { blobs.put(bytes_of(number), utc_now() - 2 * kGarbageAge); }

  TestDatabase database;
  RegistryFixture fixture;
  ObjectBlobs blobs;
  std::unique_ptr<PostgresStore> store;
  CheckingStore checked;
  std::atomic<std::chrono::minutes> ahead{};
  Marketplace market;
  std::unique_ptr<JobLease> job;
  KeyRecord key;
};

TEST_CASE("with PostgreSQL: what no version names is removed when it is old, and nothing else") {
  if (!has_postgres()) return;
  SharedMarketplace m;
  REQUIRE(m.publish(1));
  m.put_old(1);  // named
  m.put_old(2);
  m.blobs.put(bytes_of(3), utc_now());  // of a publication in progress
  const auto report = m.collect();
  REQUIRE(report);
  CHECK(report->blobs == 1);
  CHECK(m.blobs.has(bytes_of(1)));
  CHECK_FALSE(m.blobs.has(bytes_of(2)));
  CHECK(m.blobs.has(bytes_of(3)));
}

TEST_CASE(
    "with PostgreSQL: bytes that are being removed are published only when no removal is late") {
  if (!has_postgres()) return;
  SharedMarketplace m;
  m.put_old(1);
  std::optional<Result<Published>> meanwhile;
  m.blobs.between_look_and_removal = [&] { meanwhile = m.publish(1); };
  REQUIRE(m.collect());
  REQUIRE(meanwhile);
  REQUIRE_FALSE(*meanwhile);
  CHECK(meanwhile->error().code == ErrorCode::overloaded);
  CHECK(meanwhile->error().retry_after);
  const auto soon = m.publish(1);
  REQUIRE_FALSE(soon);
  CHECK(soon.error().retry_after > std::chrono::minutes(10));
  m.wait();
  REQUIRE(m.publish(1));
  CHECK(m.blobs.has(bytes_of(1)));
}

TEST_CASE(
    "with PostgreSQL: what a daemon died over is finished by the next, and young bytes stay") {
  if (!has_postgres()) return;
  SharedMarketplace m;
  m.put_old(1);
  m.put_old(2);
  for (const int number : {1, 2}) {
    const auto sql = fmt::format("INSERT INTO blobs (checksum, removed) VALUES ('{}', 1)",
                                 bytes_of(number).text());
    run_sql(m.database.url(), sql);
  }
  REQUIRE_FALSE(m.publish(1));  // it has placed the bytes anew
  REQUIRE(m.collect());
  CHECK(m.blobs.has(bytes_of(1)));
  CHECK_FALSE(m.blobs.has(bytes_of(2)));
  m.wait();
  CHECK(m.publish(1));
  CHECK(m.publish(2));
}

TEST_CASE("with PostgreSQL: who placed the bytes before they were removed places them again") {
  if (!has_postgres()) return;
  SharedMarketplace m;
  m.put_old(1);
  // Placed after the look and before the removal; the version commits after it.
  m.blobs.between_look_and_removal = [&] { m.blobs.put(bytes_of(1), utc_now()); };
  REQUIRE(m.collect());
  CHECK_FALSE(m.blobs.has(bytes_of(1)));
  NewVersion n = RegistryFixture::version("tool1", "1.0.0", m.key);
  n.version.checksum = bytes_of(1).text();
  const auto late = keep_version(m.market, kActor, n);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::overloaded);
  m.wait();
  REQUIRE(m.publish(1));
  CHECK(m.blobs.has(bytes_of(1)));
}

TEST_CASE("with PostgreSQL: a daemon that has lost the job removes nothing more") {
  if (!has_postgres()) return;
  SharedMarketplace m;
  m.put_old(1);
  const GarbageTurn turn = m.turn();
  run_sql(m.database.url(), "UPDATE job_leases SET term = term + 1, holder = 'other'");
  const auto report = collect_garbage(m.market, turn, m.market.now() - kGarbageAge);
  REQUIRE(report);
  CHECK(report->blobs == 0);
  CHECK(report->unfinished == 1);
  CHECK(m.blobs.has(bytes_of(1)));
}

TEST_CASE(
    "with PostgreSQL: no version loses its bytes when they are published and removed at once") {
  if (!has_postgres()) return;
  SharedMarketplace m;
  const char* const wanted = std::getenv("MKT_TEST_ROUNDS");
  const int rounds = wanted == nullptr ? 60 : std::stoi(wanted);
  std::minstd_rand random(1), random_of_removal(2);  // each thread has its own
  m.blobs.between_look_and_removal = [&] {
    std::this_thread::sleep_for(std::chrono::microseconds(random_of_removal() % 2000));
  };
  for (int i = 0; i < rounds; ++i) {
    m.put_old(i);
    std::jthread removal([&] { CHECK(m.collect()); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
    auto published = m.publish(i);
    while (!published && published.error().code == ErrorCode::overloaded) {
      m.wait();
      published = m.publish(i);
    }
    removal.join();
    REQUIRE(published);
    REQUIRE(m.blobs.has(bytes_of(i)));
  }
}

// A marketplace in a folder, whose one daemon also has the files.
struct FolderMarketplace {
  FolderMarketplace()
      : store(must(SqliteStore::open(folder.path() / "mktd.db"))),
        blobs(must(FileBlobs::open(folder.path() / "tarballs",
                                   [this](const Checksum& c) { return is_named(*store, c); }))),
        market{.store = *store,
               .blobs = *blobs,
               .rules = Rules(),
               .now = [this] { return utc_now() + ahead; }},
        key(add_publisher()) {}

  KeyRecord add_publisher() {
    PublisherRecord p;
    p.id = p.display_name = "acme";
    p.email = "acme@acme.example";
    p.created_at = utc_now();
    KeyRecord k;
    k.fingerprint = std::string(64, 'a');
    k.key_id = "acme:0123456789abcdef";
    k.publisher_id = "acme";
    k.public_key = "key of acme";
    k.created_at = p.created_at;
    REQUIRE(keep_publisher(market, kActor, p, k));
    return k;
  }
  BlobUpload upload(int number) {
    BlobUpload upload = must(blobs->begin_upload());
    REQUIRE(upload.write(as_bytes(fmt::format("tarball {}", number))));
    REQUIRE(upload.finish());
    return upload;
  }
  // What a daemon leaves that dies between a tarball and its version.
  void leave(int number) {
    BlobUpload left = upload(number);
    REQUIRE(left.place());
    left.keep();
  }
  // As Publication does: the bytes, and then the version that names them.
  Status publish(int number) {
    BlobUpload uploaded = upload(number);
    MKT_CHECK(uploaded.place());
    NewVersion n = RegistryFixture::version(fmt::format("tool{}", number), "1.0.0", key);
    n.version.checksum = bytes_of(number).text();
    const auto published = keep_version(market, kActor, n);
    if (!published) return published.error();
    uploaded.keep();
    return {};
  }
  bool has(int number) const {
    const std::string text = fmt::format("tarball {}", number);
    return static_cast<bool>(blobs->open_blob(bytes_of(number), text.size()));
  }

  TemporaryFolder folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-gc-");
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<FileBlobs> blobs;
  std::chrono::milliseconds ahead{};
  Marketplace market;
  KeyRecord key;
};

TEST_CASE("in a folder, what no version names is removed when it is old, and nothing else") {
  FolderMarketplace m;
  GarbageCollector collector(m.market);
  const auto never = [] { return false; };
  REQUIRE(m.publish(1));
  m.leave(2);
  CHECK(must(collector.collect_now({}, never)).blobs == 0);  // young
  m.ahead = kGarbageAge + 1min;
  const GarbageReport would = must(collector.collect_now({kGarbageAge, GarbageAct::report}, never));
  CHECK(would.blobs == 1);
  CHECK(would.named == std::vector{bytes_of(2)});
  CHECK(m.has(2));
  const GarbageReport report = must(collector.collect_now({}, never));
  CHECK(report.blobs == 1);
  CHECK(report.bytes == 9);
  CHECK(report.named == std::vector{bytes_of(2)});
  CHECK(m.has(1));
  CHECK_FALSE(m.has(2));
  REQUIRE(m.publish(2));
  CHECK(m.has(2));
}

TEST_CASE("in a folder, an upload whose version has not committed yet stays at any age") {
  FolderMarketplace m;
  BlobUpload uploaded = m.upload(1);
  REQUIRE(uploaded.place());
  m.ahead = 2 * kGarbageAge;
  CHECK(must(collect_garbage_once(m.market, {})).blobs == 0);
  CHECK(m.has(1));
}

TEST_CASE("in a folder, a collection that is to stop removes nothing more") {
  FolderMarketplace m;
  m.leave(1);
  m.ahead = 2 * kGarbageAge;
  CHECK(must(collect_garbage_once(m.market, {}, [] { return true; })).blobs == 0);
  CHECK(m.has(1));
}

TEST_CASE("in a folder, no version loses its bytes when they are published and removed at once") {
  FolderMarketplace m;
  constexpr int kRounds = 60;
  std::minstd_rand random(1);
  for (int i = 0; i < kRounds; ++i) {
    m.leave(i);
    std::jthread removal([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        CHECK(collect_garbage_once(m.market, {std::chrono::milliseconds(-1), GarbageAct::remove}));
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    REQUIRE(m.publish(i));
    REQUIRE(m.has(i));
    removal = {};
    REQUIRE(m.has(i));
  }
}

}  // namespace
}  // namespace mkt
