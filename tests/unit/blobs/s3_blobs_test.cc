// S3Blobs: what any BlobStore promises, over an S3 that fails and over a real one.
//
// The cases "with S3" need one, named by MKT_TEST_S3 with its credentials in the environment, as
// tests/integration/s3.sh starts it; without it they skip themselves. MKT_TEST_S3_PROCESS is its
// process, for the case that holds it up.
#include "daemon/blobs/s3_blobs.h"

#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/blobs/blob_store_conformance.h"
#include "tests/unit/blobs/fake_s3.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const char* s3_for_tests() { return std::getenv("MKT_TEST_S3"); }

// ctest reads the message, and reports the test as skipped.
bool has_s3() {
  if (s3_for_tests() != nullptr) return true;
  MESSAGE("SKIPPED: MKT_TEST_S3 names no S3");
  return false;
}

std::string blob_name(const S3Url& url, const Checksum& checksum) {
  return url.prefix + "/blobs/" + checksum.hex().substr(0, 2) + "/" + checksum.hex();
}

struct S3BlobsFixture {
  std::unique_ptr<S3Blobs> open(S3Url url, S3Credentials credentials, std::size_t most_listed) {
    S3Options options;
    options.backoff.first = 1ms;
    options.open_for = 50ms;
    options.longest_open = 50ms;
    options.most_listed = most_listed;
    options.patience.first_byte = first_byte;
    return must(S3Blobs::open(
        std::make_unique<S3Client>(std::move(url), std::move(credentials), options, breakers),
        folder.path(), {.most_fills = 8, .most_waiting = 128}));
  }
  std::size_t uploads() const {
    std::size_t n = 0;
    for (const auto& entry : fs::directory_iterator(folder.path() / "incoming")) {
      n += entry.is_regular_file() ? 1 : 0;
    }
    return n;
  }
  std::size_t cached() const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "cache")) {
      n += entry.is_regular_file() ? 1 : 0;
    }
    return n;
  }

  std::chrono::milliseconds first_byte{10'000};
  BreakerRegistry breakers;
  TemporaryFolder folder = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-s3-blobs-");
};

struct FakeS3Fixture : S3BlobsFixture {
  std::unique_ptr<S3Blobs> open_fake() { return open(s3.url(), {"AKTEST", "s3cret", ""}, 1000); }
  void keep(std::string_view text) const { must_place(*blobs, text); }
  static void must_place(S3Blobs& store, std::string_view text) {
    BlobUpload upload = uploaded(store, text);
    REQUIRE(upload.place());
    upload.keep();
  }

  FakeS3 s3;
  std::unique_ptr<S3Blobs> blobs = open_fake();
};

TEST_CASE_FIXTURE(FakeS3Fixture, "S3Blobs keeps what a blob store promises") {
  blobs.reset();  // one alone uses the folder
  check_blob_store(
      [this](const NamedBlobs&) {
        return open(s3.url(), {"AKTEST", "s3cret", ""}, 2);
      },
      [this] { return uploads() + s3.objects(); }, GivenUp::stays);
}

TEST_CASE_FIXTURE(FakeS3Fixture, "S3 away: uploads are refused for now, cached blobs are given") {
  keep("cached");
  keep("uncached");
  REQUIRE(blobs->open_blob(sum_of("cached"), 6));
  s3.always(FakeS3::Trouble{503, "ServiceUnavailable"});
  {
    BlobUpload upload = uploaded(*blobs, "new");
    const Status refused = upload.place();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::overloaded);
    CHECK(refused.error().retry_after);
  }
  CHECK(uploads() == 0);
  CHECK(bytes_of(must(blobs->open_blob(sum_of("cached"), 6))) == "cached");
  const auto uncached = blobs->open_blob(sum_of("uncached"), 8);
  REQUIRE_FALSE(uncached);
  CHECK(uncached.error().code == ErrorCode::overloaded);
  CHECK(uncached.error().retry_after);
  s3.always(std::nullopt);
  CHECK(eventually([&] { return static_cast<bool>(blobs->open_blob(sum_of("uncached"), 8)); }));
}

TEST_CASE_FIXTURE(FakeS3Fixture, "a tarball that the network changed or cut is never given") {
  const std::string text(100'000, 't');
  keep(text);
  const std::string name = blob_name(s3.url(), sum_of(text));
  std::string flipped = text;
  flipped[99'999] = 'T';
  for (const std::string& wrong : {flipped, text.substr(0, 50'000), text + "more", std::string()}) {
    s3.store(name, wrong);
    const auto refused = blobs->open_blob(sum_of(text), text.size());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::data_damaged);
    CHECK(cached() == 0);
  }
  // Broken connections are gone on with, until there are too many.
  s3.store(name, text);
  for (const std::size_t at : {10'000U, 20'000U, 30'000U}) s3.trouble({.cut_after = at});
  CHECK(blobs->open_blob(sum_of(text), text.size()).error().code == ErrorCode::overloaded);
  CHECK(cached() == 0);
  CHECK(eventually([&] { return static_cast<bool>(blobs->open_blob(sum_of(text), text.size())); }));
}

TEST_CASE_FIXTURE(FakeS3Fixture, "the same bytes are sent each time, for that renews their age") {
  keep("same");
  keep("same");
  CHECK(s3.asked().size() == 2);
  for (const std::string& line : s3.asked()) CHECK(line.starts_with("PUT "));
}

TEST_CASE_FIXTURE(FakeS3Fixture, "a hundred who ask S3 for one tarball cost one GET") {
  keep("wanted");
  s3.hold();
  std::atomic<int> got{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] { got += blobs->open_blob(sum_of("wanted"), 6) ? 1 : 0; });
  }
  eventually([&] { return s3.asked().size() == 2; });
  s3.let_go();
  for (std::thread& thread : threads) thread.join();
  CHECK(got == 100);
  CHECK(s3.asked().size() == 2);
}

TEST_CASE_FIXTURE(FakeS3Fixture, "a restart removes what was being uploaded, and keeps the cache") {
  keep("hello");
  REQUIRE(blobs->open_blob(sum_of("hello"), 5));
  REQUIRE(write_file_atomically(folder.path() / "incoming" / "upload-x", "half", 0600));
  blobs = open_fake();
  CHECK(uploads() == 0);
  CHECK(blobs->open_blob(sum_of("hello"), 5));
  CHECK(s3.asked().size() == 2);  // PUT and the first GET
}

TEST_CASE_FIXTURE(FakeS3Fixture, "the list passes over objects that are no blobs") {
  const std::string folder_name = "acme/blobs/";
  for (char c = 'a'; c < 'z'; ++c) s3.store(folder_name + "00/" + c, "foreign");
  s3.store(folder_name + "zz/" + sum_of("x").hex(), "in the wrong folder");
  s3.store("other/blobs/x", "of somebody else");
  keep("hello");
  blobs = open(s3.url(), {"AKTEST", "s3cret", ""}, 3);
  const BlobPage page = must(blobs->list(std::nullopt));
  REQUIRE(page.blobs.size() == 1);
  CHECK(page.blobs[0].checksum == sum_of("hello"));
}

// Each case has names of its own in the bucket.
struct RealS3Fixture : S3BlobsFixture {
  std::unique_ptr<S3Blobs> open_real(std::size_t most_listed = 2) {
    return open(url, must(S3Credentials::from_environment()), most_listed);
  }
  std::unique_ptr<S3Client> client(S3Url of, S3Credentials credentials) {
    return std::make_unique<S3Client>(std::move(of), std::move(credentials), S3Options{}, breakers);
  }
  std::unique_ptr<S3Client> client() {
    return client(url, must(S3Credentials::from_environment()));
  }
  // Makes `text` an object of that name.
  Status put(S3Client& into, const std::string& name, const std::string& text,
             const Checksum& claimed) const {
    const fs::path path = folder.path() / "object";
    MKT_CHECK(write_file_atomically(path, text, 0600));
    MKT_TRY(const UniqueFd file, open_for_reading(path));
    return into.put(name, file.get(), text.size(), claimed);
  }
  std::size_t objects() { return must(client()->list(url.prefix + "/", "")).objects.size(); }

  S3Url url = [] {
    S3Url of_the_case = must(S3Url::parse(s3_for_tests()));
    of_the_case.prefix += (of_the_case.prefix.empty() ? "" : "/") + random_hex(8);
    return of_the_case;
  }();
};

TEST_CASE("with S3: S3Blobs keeps what a blob store promises") {
  if (!has_s3()) return;
  RealS3Fixture real;
  check_blob_store([&](const NamedBlobs&) { return real.open_real(); },
                   [&] { return real.uploads() + real.objects(); }, GivenUp::stays);
}

TEST_CASE("with S3: a wrong secret is refused, and shown to nobody") {
  if (!has_s3()) return;
  RealS3Fixture real;
  S3Credentials wrong = must(S3Credentials::from_environment());
  wrong.secret_key = "wr0ng-s3cret";
  const auto client = real.client(real.url, wrong);
  const Status refused = real.put(*client, "x", "hello", sum_of("hello"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::storage_failed);
  CHECK(refused.error().message.find("403") != std::string::npos);
  CHECK(refused.error().message.find("s3cret") == std::string::npos);
  CHECK(client->list("", "").error().code == ErrorCode::storage_failed);
}

TEST_CASE("with S3: bytes that are not what was signed are refused, and not stored") {
  if (!has_s3()) return;
  RealS3Fixture real;
  const auto client = real.client();
  const std::string name = real.url.prefix + "/x";
  const Status refused = real.put(*client, name, "hello", sum_of("other"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::storage_failed);
  CHECK(client->head(name).error().code == ErrorCode::not_found);
}

TEST_CASE("with S3: a bucket that is not there is said to be missing") {
  if (!has_s3()) return;
  RealS3Fixture real;
  S3Url missing = real.url;
  missing.bucket = "mkt-no-such-bucket";
  const auto client = real.client(missing, must(S3Credentials::from_environment()));
  const Status refused = real.put(*client, "x", "hello", sum_of("hello"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::storage_failed);
  CHECK(refused.error().message.find("NoSuchBucket") != std::string::npos);
}

TEST_CASE("with S3: an object that is not what its name says is never given") {
  if (!has_s3()) return;
  RealS3Fixture real;
  const auto blobs = real.open_real();
  const auto client = real.client();
  const Checksum named = sum_of("the right bytes");
  for (const char* wrong : {"the wrong bytes", "the right", "the right bytes and more"}) {
    REQUIRE(real.put(*client, blob_name(real.url, named), wrong, sum_of(wrong)));
    CHECK(blobs->open_blob(named, 15).error().code == ErrorCode::data_damaged);
    CHECK(real.cached() == 0);
  }
  REQUIRE(real.put(*client, blob_name(real.url, named), "the right bytes", named));
  CHECK(bytes_of(must(blobs->open_blob(named, 15))) == "the right bytes");
}

// Whether each thread of a process stands still: a signal takes a while to reach them all, and
// until then one may answer.
bool is_stopped(pid_t process) {
  const std::filesystem::path threads = fmt::format("/proc/{}/task", process);
  for (const auto& thread : std::filesystem::directory_iterator(threads)) {
    std::ifstream stat(thread.path() / "stat");
    std::string text;
    if (!std::getline(stat, text)) continue;  // it has ended
    // The state follows the name in parentheses, which may hold any character (proc(5)).
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string::npos || text[name_end + 2] != 'T') return false;
  }
  return true;
}

TEST_CASE("with S3: while S3 hangs uploads are refused for now, and cached blobs are given") {
  if (!has_s3()) return;
  const char* const process = std::getenv("MKT_TEST_S3_PROCESS");
  if (process == nullptr) {
    MESSAGE("SKIPPED: MKT_TEST_S3_PROCESS names no process to hold up");
    return;
  }
  struct Held {
    explicit Held(pid_t id) : id_(id) { ::kill(id_, SIGSTOP); }
    ~Held() { ::kill(id_, SIGCONT); }
    pid_t id_;
  };
  RealS3Fixture real;
  real.first_byte = 500ms;
  const auto blobs = real.open_real();
  FakeS3Fixture::must_place(*blobs, "cached");
  FakeS3Fixture::must_place(*blobs, "uncached");
  REQUIRE(blobs->open_blob(sum_of("cached"), 6));
  {
    const auto s3 = static_cast<pid_t>(std::stol(process));
    const Held held(s3);
    REQUIRE(eventually([&] { return is_stopped(s3); }));
    const auto began = std::chrono::steady_clock::now();
    BlobUpload upload = uploaded(*blobs, "new");
    const Status refused = upload.place();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::overloaded);
    CHECK(refused.error().retry_after);
    CHECK(blobs->open_blob(sum_of("uncached"), 8).error().code == ErrorCode::overloaded);
    CHECK(std::chrono::steady_clock::now() - began < 15s);
    CHECK(bytes_of(must(blobs->open_blob(sum_of("cached"), 6))) == "cached");
  }
  CHECK(eventually([&] { return static_cast<bool>(blobs->open_blob(sum_of("uncached"), 8)); }));
  FakeS3Fixture::must_place(*blobs, "new");
}

TEST_CASE("with S3: the largest tarball goes there and comes back") {
  if (!has_s3()) return;
  RealS3Fixture real;
  const auto blobs = real.open_real();
  constexpr std::size_t kLargest = std::size_t{50} << 20;
  std::string large(kLargest, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>(i >> 12);
  FakeS3Fixture::must_place(*blobs, large);
  CHECK(bytes_of(must(blobs->open_blob(sum_of(large), large.size()))) == large);
  CHECK(must(blobs->remove(sum_of(large), utc_now() + 1h)));
}

TEST_CASE("with S3: many threads share the store") {
  if (!has_s3()) return;
  RealS3Fixture real;
  const auto blobs = real.open_real(1000);
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string text = "blob " + std::to_string(i % 5 + t / 4);
        auto upload = blobs->begin_upload();
        if (!upload || !upload->write(as_bytes(text)) || !upload->finish() || !upload->place()) {
          ++failed;
          continue;
        }
        upload->keep();
        const auto opened = blobs->open_blob(sum_of(text), text.size());
        if (!opened || bytes_of(*opened) != text) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(must(blobs->list(std::nullopt)).blobs.size() == 6);
}

}  // namespace
}  // namespace mkt
