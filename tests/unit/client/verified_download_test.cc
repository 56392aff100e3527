// What is fetched is believed for its bytes, not for what the registry says of them.
#include "cli/client/verified_download.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "common/base/encoding.h"
#include "common/connector/archive_limits.h"
#include "tests/unit/client/fake_registry.h"
#include "tests/unit/client/key_book_fixture.h"

namespace mkt {
namespace {

struct DownloadFixture : KeyBookFixture {
  DownloadFixture() {
    info.id = "tool";
    info.version = "1.0.0";
    info.tarball_checksum = Checksum::of(as_bytes(kTarball)).text();
    info.tarball_size = kTarball.size();
    info.signing_key_id = entry("acme", 1).key_id;
    info.published_at = "2026-01-01T00:00:00.000Z";
  }

  // Downloads what a registry says and sends.
  Result<VerifiedVersion> download(const std::string& sent) {
    write(1, keys);
    const Trust trust(*KeyBook::read(folder.path(), kOrigin),
                      *Pins::read(folder.path() / "trust.json", kOrigin), false);
    const std::string path = "/v1/connectors/tool/1.0.0";
    registry.answer(path, dump_json(info.to_json()));
    registry.answer(path + "/tarball", sent);
    const SignatureFile signature = sign_checksum(secret("acme", 1), *PublisherId::parse("acme"),
                                                  *Checksum::parse(info.tarball_checksum), now);
    registry.answer(path + "/signature", dump_json(signature.json()));
    const Settings settings = registry.settings();
    RegistryClient client(settings);
    std::filesystem::remove(file());
    const UniqueFd into = *create_file(file(), 0600);
    return download_verified(client, trust, *ConnectorId::parse("tool"), "1.0.0", into.get(), {},
                             cache);
  }
  std::filesystem::path file() const { return folder.path() / "tarball"; }
  static ErrorCode code(const Result<VerifiedVersion>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
  }

  static inline const std::string kTarball = "these are the bytes of a tarball";
  std::size_t tarballs_asked() const {
    const auto asked = registry.asked();
    return static_cast<std::size_t>(
        std::count_if(asked.begin(), asked.end(),
                      [](const auto& target) { return target.ends_with("/tarball"); }));
  }
  std::filesystem::path cached() const {
    return folder.path() / "mkt" / "tarballs" / Checksum::of(as_bytes(kTarball)).hex() / "tarball";
  }

  FakeRegistry registry;
  wire::VersionInfo info;
  std::vector<wire::KeyInfo> keys{entry("acme", 1)};
  std::vector<std::string> told;
  TarballCache tarballs{folder.path() / "mkt" / "tarballs", 1000,
                        [this](const std::string& text) { told.push_back(text); }};
  TarballCache* cache = nullptr;
};

TEST_CASE_FIXTURE(DownloadFixture, "the bytes that were announced and signed are believed") {
  CHECK(download(kTarball)->info.version == "1.0.0");
  CHECK(*read_file(file(), 1000) == kTarball);
}

TEST_CASE_FIXTURE(DownloadFixture, "no more is taken than was announced, and no less") {
  CHECK(code(download(kTarball + "!")) == ErrorCode::checksum_mismatch);
  CHECK(std::filesystem::file_size(file()) <= kTarball.size());
  ++info.tarball_size;
  const auto result = download(kTarball);
  CHECK(code(result) == ErrorCode::checksum_mismatch);
  CHECK(result.error().message.find("32 bytes of tool@1.0.0 but had announced 33") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(DownloadFixture,
                  "a size that no tarball has is refused before anything is sent") {
  info.tarball_size = kMaxTarballBytes + 1;
  CHECK(code(download(kTarball)) == ErrorCode::tarball_too_large);
  info.tarball_size = 0;
  CHECK(code(download("")) == ErrorCode::archive_invalid);
  for (const std::string& target : registry.asked()) CHECK_FALSE(target.ends_with("/tarball"));
}

TEST_CASE_FIXTURE(DownloadFixture, "what the cache has is not downloaded again") {
  cache = &tarballs;
  REQUIRE(download(kTarball));
  REQUIRE(download("other bytes, which nobody asks for"));
  CHECK(*read_file(file(), 1000) == kTarball);
  CHECK(tarballs_asked() == 1);
  CHECK(told.empty());
}

TEST_CASE_FIXTURE(DownloadFixture, "a damaged tarball in the cache is downloaded again") {
  cache = &tarballs;
  REQUIRE(download(kTarball));
  std::ofstream(cached()) << kTarball << "!";
  REQUIRE(download(kTarball));
  CHECK(*read_file(file(), 1000) == kTarball);
  CHECK(told.size() == 1);
  REQUIRE(download(kTarball));
  CHECK(tarballs_asked() == 2);
}

TEST_CASE_FIXTURE(DownloadFixture, "only what was verified is kept in the cache") {
  cache = &tarballs;
  CHECK(code(download(kTarball + "!")) == ErrorCode::checksum_mismatch);
  keys = {entry("acme", 2)};
  CHECK(code(download(kTarball)) == ErrorCode::key_unknown);
  CHECK(tarballs.list()->empty());
}

TEST_CASE_FIXTURE(DownloadFixture, "a tarball in the cache is judged by today's keys") {
  cache = &tarballs;
  REQUIRE(download(kTarball));
  keys[0].status = "revoked";
  keys[0].reason_code = "compromised";
  keys[0].compromised_sequence = 1;
  CHECK(code(download(kTarball)) == ErrorCode::key_revoked);
  info.quarantined = true;
  CHECK(code(download(kTarball)) == ErrorCode::version_quarantined);
  CHECK(tarballs_asked() == 1);
}

TEST_CASE_FIXTURE(DownloadFixture,
                  "a size that the tarball in the cache does not have is refused") {
  cache = &tarballs;
  REQUIRE(download(kTarball));
  ++info.tarball_size;
  CHECK(code(download(kTarball)) == ErrorCode::checksum_mismatch);
}

}  // namespace
}  // namespace mkt
