// What is fetched is believed for its bytes, not for what the registry says of them.
#include "cli/client/verified_download.h"

#include <doctest/doctest.h>

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
    write(1, {entry("acme", 1)});
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
    return download_verified(client, trust, *ConnectorId::parse("tool"), "1.0.0", into.get(), {});
  }
  std::filesystem::path file() const { return folder.path() / "tarball"; }
  static ErrorCode code(const Result<VerifiedVersion>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
  }

  static inline const std::string kTarball = "these are the bytes of a tarball";
  FakeRegistry registry;
  wire::VersionInfo info;
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

}  // namespace
}  // namespace mkt
