// What is installed is what was signed, whatever the registry says beside it.
#include "cli/client/installer.h"

#include <doctest/doctest.h>

#include "common/connector/pack.h"
#include "tests/unit/client/fake_registry.h"
#include "tests/unit/client/key_book_fixture.h"

namespace mkt {
namespace {

// A registry with app@1.0.0, which needs lib ^1.0.0.
struct InstallerFixture : KeyBookFixture {
  InstallerFixture() {
    const std::filesystem::path source = folder.path() / "source";
    REQUIRE(make_folders(source, 0755));
    const Json manifest{{"manifestVersion", "1.0"},
                        {"id", "app"},
                        {"version", "1.0.0"},
                        {"displayName", "App"},
                        {"author", "Tests"},
                        {"license", "Apache-2.0"},
                        {"entrypoint", "index.js"},
                        {"capabilities", Json::array({"custom"})},
                        {"tools", Json::array({{{"name", "t"}, {"policyClass", "READ"}}})},
                        {"dependencies", {{"lib", "^1.0.0"}}}};
    REQUIRE(write_file_atomically(source / kManifestName, dump_json(manifest), 0644));
    REQUIRE(write_file_atomically(source / "index.js", "// app", 0644));
    const UniqueFd file = *create_file(folder.path() / "app.tgz", 0600);
    const Packed packed = *pack_connector(source, file.get(), {});
    checksum = packed.checksum.text();

    wire::VersionInfo info;
    info.id = "app";
    info.version = "1.0.0";
    info.tarball_checksum = checksum;
    info.tarball_size = packed.size;
    info.signing_key_id = entry("acme", 1).key_id;
    info.published_at = "2026-01-01T00:00:00.000Z";
    const std::string path = "/v1/connectors/app/1.0.0";
    registry.answer(path, dump_json(info.to_json()));
    registry.answer(path + "/tarball", *read_file(folder.path() / "app.tgz", 1 << 20));
    registry.answer(path + "/signature",
                    dump_json(sign_checksum(secret("acme", 1), *PublisherId::parse("acme"),
                                            packed.checksum, now)
                                  .json()));
    wish.dependencies.emplace();
    wish.dependencies->emplace("lib", *VersionRange::parse("^1.0.0"));
    wish.approved_checksum = checksum;
  }

  Result<InstallDone> install() {
    write(1, {entry("acme", 1)});
    const Trust trust(*KeyBook::read(folder.path(), kOrigin),
                      *Pins::read(folder.path() / "trust.json", kOrigin), false);
    const InstallContext context{
        settings, client, trust, [](std::string) { return HttpClient::Progress(); }, false, &cache};
    return install_connector(context, wish, {"", root()});
  }
  // All that is locked, without asking anybody.
  Result<std::vector<InstallDone>> install_offline(const std::vector<Wish>& wishes) {
    const Trust trust(*KeyBook::read(folder.path(), kOrigin),
                      *Pins::read(folder.path() / "trust.json", kOrigin), false);
    const InstallContext context{
        settings, nobody, trust, [](std::string) { return HttpClient::Progress(); },
        false,    &cache, true};
    return install_all(context, wishes, root());
  }
  Wish locked(const std::string& id = "app") const {
    return {*ConnectorId::parse(id),
            *Version::parse("1.0.0"),
            {},
            LockEntry{"1.0.0", id == "app" ? checksum : "sha256:" + std::string(64, '0'),
                      entry("acme", 1).key_id}};
  }
  std::filesystem::path root() const { return folder.path() / "connectors"; }
  void is_refused(ErrorCode code, bool was_there = false) {
    const auto done = install();
    REQUIRE_FALSE(done);
    CHECK(done.error().code == code);
    CHECK(std::filesystem::exists(root() / "app") == was_there);
  }

  FakeRegistry registry;
  Settings settings = registry.settings();
  RegistryClient client{settings};
  FakeRegistry silent;  // which nobody is to ask
  Settings elsewhere = silent.settings();
  RegistryClient nobody{elsewhere};
  TarballCache cache{folder.path() / "mkt" / "tarballs", 1 << 20, [](const std::string&) {}};
  std::string checksum;
  Wish wish{*ConnectorId::parse("app"), *Version::parse("1.0.0"), {}};
};

TEST_CASE_FIXTURE(InstallerFixture, "what was signed is what was resolved by and approved") {
  const auto done = install();
  REQUIRE_MESSAGE(done, done.error().message);
  CHECK(done->receipt.checksum == checksum);
}

TEST_CASE_FIXTURE(InstallerFixture, "other dependencies than the signed ones are refused") {
  wish.dependencies->clear();
  is_refused(ErrorCode::manifest_mismatch);
  wish.dependencies->emplace("lib", *VersionRange::parse("*"));
  is_refused(ErrorCode::manifest_mismatch);
  wish.dependencies.reset();
  REQUIRE(install());
  wish.dependencies.emplace();
  is_refused(ErrorCode::manifest_mismatch, true);
}

TEST_CASE_FIXTURE(InstallerFixture, "another tarball than the approved one is refused") {
  wish.approved_checksum = "sha256:" + std::string(64, '0');
  is_refused(ErrorCode::checksum_mismatch);
  wish.approved_checksum.clear();
  REQUIRE(install());
  wish.approved_checksum = "sha256:" + std::string(64, '0');
  is_refused(ErrorCode::checksum_mismatch, true);
}

TEST_CASE_FIXTURE(InstallerFixture, "offline, what is locked comes from the cache") {
  REQUIRE(install());
  std::filesystem::remove_all(root());
  const auto asked = registry.asked().size();
  for (const bool unchanged : {false, true}) {
    const auto done = install_offline({locked()});
    REQUIRE_MESSAGE(done, done.error().message);
    CHECK(done->front().unchanged == unchanged);
    CHECK(done->front().receipt.checksum == checksum);
    CHECK(std::filesystem::exists(root() / "app" / "index.js"));
  }
  CHECK(registry.asked().size() == asked);
  CHECK(silent.asked().empty());
}

TEST_CASE_FIXTURE(InstallerFixture, "offline, all that is missing is named at once") {
  REQUIRE(install());
  std::filesystem::remove_all(root());
  const auto done = install_offline({locked("one"), locked(), locked("two")});
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::not_cached);
  REQUIRE(done.error().details.size() == 2);
  CHECK(done.error().details[0].path == "one@1.0.0");
  CHECK(done.error().details[1].path == "two@1.0.0");
  CHECK_FALSE(std::filesystem::exists(root() / "app"));
  // Those that are damaged are missing too.
  const UniqueFd other = *create_file(folder.path() / "other", 0600);
  for (const Wish& each : {locked("one"), locked()}) {
    const Checksum there = *Checksum::parse(each.locked->checksum);
    cache.keep(there, other.get(),
               {settings.registry, *each.id, *each.version, 1,
                sign_checksum(secret("acme", 1), *PublisherId::parse("acme"), there, now)});
    REQUIRE(write_file_atomically(folder.path() / "mkt" / "tarballs" / there.hex() / "tarball",
                                  "other bytes", 0600));
  }
  const auto none = install_offline({locked(), locked("one")});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::not_cached);
  CHECK(none.error().details.size() == 2);
}

TEST_CASE_FIXTURE(InstallerFixture, "offline, the lock and the stored keys decide") {
  REQUIRE(install());
  const auto code = [&](const Wish& w) {
    const auto done = install_offline({w});
    REQUIRE_FALSE(done);
    return done.error().code;
  };
  for (const bool is_here : {true, false}) {
    if (!is_here) std::filesystem::remove_all(root());
    Wish other_key = locked();
    other_key.locked->key_id = entry("acme", 2).key_id;
    CHECK(code(other_key) == ErrorCode::lock_mismatch);
    wire::KeyInfo lost = entry("acme", 1);
    lost.status = "revoked";
    lost.reason_code = "compromised";
    lost.compromised_sequence = 1;
    write(2, {lost});
    CHECK(code(locked()) == ErrorCode::key_revoked);
    write(3, {entry("acme", 2)});
    CHECK(code(locked()) == ErrorCode::key_unknown);
    write(4, {entry("acme", 1)});
    REQUIRE(install_offline({locked()}));
  }
  // Another connector's bytes under this one's name.
  std::filesystem::remove_all(root());
  Wish other = locked();
  other.version = *Version::parse("2.0.0");
  CHECK(code(other) == ErrorCode::manifest_mismatch);
}

}  // namespace
}  // namespace mkt
