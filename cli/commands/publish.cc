// mkt publish: pack, sign, upload, in one go.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/signing_key.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"
#include "common/connector/tarball_reader.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string source = ".";
  std::string key;
  bool dry_run = false;
};

// A tarball ready to be signed and sent.
struct Ready {
  UniqueFd file;
  Checksum checksum;
  std::uint64_t size;
  ConnectorId id;
  Version version;
};

Result<UniqueFd> nameless_file() {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  // Not every file system has nameless files.
  std::string name = (folder / "mkt-XXXXXX").string();
  fd.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return system_error("cannot make a temporary file", errno);
  ::unlink(name.c_str());
  return fd;
}

Result<Ready> pack_folder(const std::string& folder, const ArchiveLimits& limits) {
  MKT_TRY(UniqueFd file, nameless_file());
  MKT_TRY(const Packed packed, pack_connector(folder, file.get(), {.limits = limits}));
  return Ready{std::move(file), packed.checksum, packed.size, packed.manifest.id(),
               packed.manifest.version()};
}

Result<Ready> read_tarball(const std::string& path) {
  MKT_TRY(UniqueFd file, open_for_reading(path));
  MKT_TRY(const std::uint64_t size, file_size(file.get(), printable(path)));
  MKT_TRY(const Checksum checksum, checksum_of_file(file.get(), printable(path)));
  auto manifest = manifest_of_tarball(file_source(file.get(), printable(path)));
  if (!manifest) return manifest.error().context(printable(path));
  return Ready{std::move(file), checksum, size, manifest->id(), manifest->version()};
}

// FILE.sig.json where it stands beside a tarball and speaks of these bytes, else a new signature.
Result<SignatureFile> signature_for(const Session& session, const Arguments& a,
                                    const Ready& ready) {
  const auto text = read_file(a.source + ".sig.json", kMaxSignatureFileBytes);
  if (text && a.key.empty()) {
    MKT_TRY(SignatureFile signature, SignatureFile::parse(*text));
    if (signature.checksum == ready.checksum) return signature;
  }
  MKT_TRY(const SigningKey key, open_signing_key(session, a.key));
  return sign_checksum(key.secret, key.info.key_id.publisher(), ready.checksum, utc_now());
}

Status run(const Session& session, const Arguments& a) {
  MKT_TRY(const Settings settings, session.settings());
  std::error_code error;
  MKT_TRY(const Ready ready, fs::is_directory(a.source, error)
                                 ? pack_folder(a.source, settings.archive)
                                 : read_tarball(a.source));
  MKT_TRY(const SignatureFile signature, signature_for(session, a, ready));
  const std::string name = fmt::format("{}@{}", ready.id.text(), ready.version.text());
  Json document{{"id", ready.id.text()},
                {"version", ready.version.text()},
                {"checksum", ready.checksum.text()},
                {"size", ready.size},
                {"keyId", signature.key_id.text()},
                {"registry", settings.registry}};
  if (a.dry_run) {
    document["published"] = false;
    session.out.result(document, fmt::format("would publish {} ({}, {}) signed by {} to {}", name,
                                             ready.checksum.text(), format_bytes(ready.size),
                                             signature.key_id.text(), settings.registry));
    return {};
  }
  RegistryClient registry(settings);
  auto published = registry.publish(ready.id, ready.version, signature, ready.file.get(),
                                    ready.size, session.out.progress("publishing " + name));
  if (!published) return published.error().context("while publishing " + name);
  document["published"] = true;
  document["new"] = published->is_new;
  document["publishedAt"] = published->version.published_at;
  session.out.result(
      document,
      fmt::format("{} {} ({}, {}) signed by {}", published->is_new ? "published" : "unchanged",
                  name, ready.checksum.text(), format_bytes(ready.size), signature.key_id.text()));
  return {};
}

}  // namespace

void add_publish_command(CLI::App& app, Session& session) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = add_subcommand(app, "publish", "Pack, sign and upload a connector",
                                     "  mkt publish\n  mkt publish ./my-connector --dry-run\n"
                                     "  mkt publish my-connector-1.0.0.tgz --key "
                                     "acme:0123456789abcdef");
  command->add_option("SOURCE", a->source, "A connector's folder, or a tarball of it")
      ->capture_default_str();
  command->add_option("--key", a->key, "Key id (default: the only key, or $MKT_KEY)");
  command->add_flag("--dry-run", a->dry_run, "Do everything but upload");
  on_run(command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
