// mkt verify: a tarball against its signature, or an installed folder against its receipt.
#include <fmt/format.h>

#include "cli/client/receipt.h"
#include "cli/client/registry_client.h"
#include "cli/client/trust.h"
#include "cli/commands/command.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPemBytes = 16 * 1024;

struct Arguments {
  std::string target;
  std::string signature;
  std::string public_key;
};

// Against the key in the file, with no registry asked, or against the registry's list.
Status check(const Session& session, const Arguments& a, const SignatureFile& signature,
             const Checksum& checksum) {
  if (!a.public_key.empty()) {
    MKT_TRY(const std::string pem, read_file(a.public_key, kMaxPemBytes));
    auto key = PublicKey::from_pem(pem);
    if (!key) return key.error().context(printable(a.public_key));
    return verify_signature(signature, checksum, *key);
  }
  MKT_TRY(const Settings settings, session.settings());
  RegistryClient registry(settings);
  MKT_TRY(const wire::KeyListing keys, registry.keys());
  MKT_TRY(const wire::KeyInfo key, check_signature(keys, signature, checksum));
  return {};
}

Status verify_tarball(const Session& session, const Arguments& a) {
  MKT_TRY(const UniqueFd fd, open_for_reading(a.target));
  MKT_TRY(const Checksum checksum, checksum_of_file(fd.get(), printable(a.target)));
  const std::string signature_path =
      a.signature.empty() ? a.target + ".sig.json" : a.signature;
  auto text = read_file(signature_path, kMaxSignatureFileBytes);
  if (!text) {
    if (text.error().code != ErrorCode::not_found) return text.error();
    return Error(ErrorCode::not_found,
                 fmt::format("there is no signature file {}; name it with --signature",
                             printable(signature_path)));
  }
  MKT_TRY(const SignatureFile signature, SignatureFile::parse(*text));
  MKT_CHECK(check(session, a, signature, checksum));
  session.out.result({{"verified", true},
                      {"file", a.target},
                      {"checksum", checksum.text()},
                      {"keyId", signature.key_id.text()},
                      {"signedAt", signature.signed_at}},
                     fmt::format("{}: good signature by {} over {}", printable(a.target),
                                 signature.key_id.text(), checksum.text()));
  return {};
}

Status verify_folder(const Session& session, const Arguments& a) {
  auto receipt = Receipt::read(a.target);
  if (!receipt) {
    if (receipt.error().code != ErrorCode::not_found) return receipt.error();
    return Error(ErrorCode::not_found,
                 fmt::format("{} was not installed by mkt: it has no install-receipt.json",
                             printable(a.target)));
  }
  MKT_CHECK(check_tree(a.target, *receipt));
  MKT_TRY(const Checksum checksum, Checksum::parse(receipt->checksum));
  MKT_TRY(const SignatureFile signature, SignatureFile::from_json(receipt->signature));
  MKT_CHECK(check(session, a, signature, checksum));
  session.out.result({{"verified", true},
                      {"folder", a.target},
                      {"id", receipt->id},
                      {"version", receipt->version},
                      {"checksum", receipt->checksum},
                      {"keyId", signature.key_id.text()},
                      {"files", receipt->files.size()}},
                     fmt::format("{}: {}@{}, all {} files as installed, good signature by {}",
                                 printable(a.target), receipt->id, receipt->version,
                                 receipt->files.size(), signature.key_id.text()));
  return {};
}

}  // namespace

void add_verify_command(CLI::App& app, Session& session) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = add_subcommand(
      app, "verify", "Check a tarball's signature, or an installed connector",
      "  mkt verify hello-connector-1.0.0.tgz\n"
      "  mkt verify FILE --signature FILE.sig.json --public-key acme.pem\n"
      "  mkt verify connectors/hello-connector");
  command->add_option("TARGET", a->target, "The tarball, or an installed connector's folder")
      ->required();
  command->add_option("--signature", a->signature, "Signature file (default: FILE.sig.json)");
  command->add_option("--public-key", a->public_key,
                      "PEM file of the key to trust; no registry is asked");
  on_run(command, session, [&session, a]() -> Status {
    std::error_code error;
    return fs::is_directory(a->target, error) ? verify_folder(session, *a)
                                              : verify_tarball(session, *a);
  });
}

}  // namespace mkt
