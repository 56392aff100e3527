// mkt sign: writes FILE.sig.json, or signs a published version again.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/commands/output_file.h"
#include "cli/commands/signer.h"
#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/utf8.h"
#include "common/signing/signature_file.h"

namespace mkt {
namespace {

struct SignArguments {
  std::string file;
  std::string key;
  std::string countersign;
  bool force = false;
};

Result<Checksum> checksum_of_tarball(const std::string& file) {
  MKT_TRY(const UniqueFd fd, open_for_reading(file));
  MKT_TRY(const std::uint64_t size, file_size(fd.get(), printable(file)));
  if (size == 0) {
    return Error(ErrorCode::invalid_input, fmt::format("{} is empty", printable(file)));
  }
  return checksum_of_file(fd.get(), printable(file));
}

// True for an earlier output of this command, by any key and for any bytes, sound or not.
bool is_signature_file(int fd) {
  std::string text(kMaxSignatureFileBytes, '\0');
  const auto n = read_at(fd, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, 0,
                         "the signature file");
  if (!n) return false;
  const auto json = parse_json(std::string_view(text).substr(0, *n), "it");
  return json && text_member(*json, "keyId") && text_member(*json, "signature");
}

Status write_signature(const SignatureFile& signature, const std::string& output, bool force) {
  MKT_TRY(const PendingFile::Existing existing,
          may_take_name({output, force, is_signature_file, "a signature file"}));
  MKT_TRY(PendingFile file, PendingFile::create(output, 0644));
  const std::string shown = printable(output);
  const std::string text = dump_json_pretty(signature.json());
  MKT_CHECK(write_all(file.fd(), as_bytes(text), shown));
  if (::fsync(file.fd()) != 0) {
    return system_error(fmt::format("cannot write {}", shown), errno);
  }
  MKT_CHECK(file.appear(existing));
  return sync_folder(folder_of(output));
}

Status sign_file(const Session& session, const SignArguments& a) {
  if (a.file.empty()) return Error(ErrorCode::usage_error, "which file? see: mkt sign --help");
  MKT_TRY(const Checksum checksum, checksum_of_tarball(a.file));
  MKT_TRY(const Signer signer, open_signer(session, a.key));
  MKT_TRY(const SignatureFile signature, signer.sign(checksum, utc_now()));
  const std::string output = a.file + ".sig.json";
  MKT_CHECK(write_signature(signature, output, a.force));
  Json document = signature.json();
  document["file"] = output;
  session.out.result(document, fmt::format("{}\nsigned {} with {}", output, checksum.text(),
                                           signer.key_id().text()));
  return {};
}

// The bytes do not change. With FILE, they are first compared with the owner's own copy.
Status countersign(const Session& session, const SignArguments& a) {
  MKT_TRY(const ConnectorSpec spec, ConnectorSpec::parse(a.countersign));
  if (!spec.version) {
    return Error(ErrorCode::usage_error,
                 fmt::format("name the version too: --countersign {}@VERSION", spec.id.text()));
  }
  const std::string name = fmt::format("{}@{}", spec.id.text(), spec.version->text());
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::VersionInfo published, registry.version(spec.id, spec.version->text()));
  MKT_TRY(const Checksum checksum, Checksum::parse(published.tarball_checksum));
  if (!a.file.empty()) {
    MKT_TRY(const Checksum own, checksum_of_tarball(a.file));
    if (own != checksum) {
      return Error(ErrorCode::checksum_mismatch,
                   fmt::format("{} has {}, but {} is {} at the registry: somebody else may have "
                               "published it; nothing was signed",
                               printable(a.file), own.text(), name, checksum.text()));
    }
  }
  MKT_TRY(const Signer signer, open_signer(session, a.key));
  MKT_TRY(const SignatureFile signature, signer.sign(checksum, utc_now()));
  auto signed_again = registry.countersign(spec.id, *spec.version, signature);
  if (!signed_again) return signed_again.error().context("while signing " + name + " again");
  session.out.result(
      signed_again->to_json(),
      fmt::format("{} ({}) is signed by {} now{}", name, checksum.text(), signer.key_id().text(),
                  published.quarantined ? ", and out of quarantine" : ""));
  return {};
}

}  // namespace

void add_sign_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<SignArguments>();
  command.add_option("FILE", a->file, "The tarball");
  command.add_option(
      "--countersign", a->countersign,
      "Sign this published ID@VERSION again; with FILE, only if its bytes are the same");
  add_key_option(&command, a->key);
  command.add_flag("--force", a->force,
                   "Overwrite FILE.sig.json even where it is not a signature file");
  on_run(&command, session, [&session, a] {
    return a->countersign.empty() ? sign_file(session, *a) : countersign(session, *a);
  });
}

}  // namespace mkt
