// mkt verify: checks a tarball against its signature, or an installed folder against its receipt.
#include <fmt/format.h>

#include "cli/client/receipt.h"
#include "cli/client/registry_client.h"
#include "cli/commands/targets.h"
#include "cli/commands/trust_options.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/signing/public_key_text.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPemBytes = 16 * 1024;

struct VerifyArguments {
  std::vector<std::string> targets;
  std::string signature;
  std::string public_key;
  TrustOptions trust;
};

// A key id ends in the first digits of its key's fingerprint.
bool is_of_another_key(const std::string& key_id, const std::string& fingerprint) {
  constexpr std::size_t kDigits = 16;
  const std::string digits = key_id.substr(key_id.rfind(':') + 1);
  return digits.size() == kDigits && !fingerprint.starts_with(digits);
}

Status verify_with(const std::string& file, const PublicKey& key, const SignatureFile& signature,
                   const Checksum& checksum) {
  const Status verified = verify_signature(signature, checksum, key);
  const std::string& key_id = signature.key_id.text();
  if (verified || verified.error().code != ErrorCode::signature_invalid) return verified;
  if (!is_of_another_key(key_id, key.fingerprint())) return verified;
  return Error(ErrorCode::signature_invalid,
               fmt::format("{} holds another key than the one that signed: the signature is by {}, "
                           "and the fingerprint of the key in the file is {}; name the PEM file of "
                           "{} (mkt key export)",
                           printable(file), key_id, key.fingerprint(), key_id));
}

// By the key in the file, without asking a registry; or by the registry's list.
Status check(const Session& session, const VerifyArguments& a, const Settings& settings,
             const SignatureFile& signature, const Checksum& checksum,
             std::optional<std::int64_t> accepted_sequence) {
  if (!a.public_key.empty()) {
    MKT_TRY(const std::string pem, read_file(a.public_key, kMaxPemBytes));
    auto key = read_public_key(pem);
    if (!key) return key.error().context(printable(a.public_key));
    return verify_with(a.public_key, *key, signature, checksum);
  }
  RegistryClient registry(settings);
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, a.trust));
  MKT_TRY(const Trusted trusted, trust.check(signature, checksum, accepted_sequence));
  if (!trusted.remark.empty()) session.out.warn(trusted.remark);
  return {};
}

Result<TargetResult> verify_tarball(const Session& session, const VerifyArguments& a,
                                    const std::string& target) {
  MKT_TRY(const UniqueFd fd, open_for_reading(target));
  MKT_TRY(const Checksum checksum, checksum_of_file(fd.get(), printable(target)));
  auto signature = SignatureFile::read(a.signature.empty() ? target + ".sig.json" : a.signature);
  if (!signature) {
    if (signature.error().code != ErrorCode::not_found) return signature.error();
    return Error(ErrorCode::not_found,
                 signature.error().message + "; name another with --signature");
  }
  MKT_TRY(const Settings settings, session.settings());
  MKT_CHECK(check(session, a, settings, *signature, checksum, std::nullopt));
  return TargetResult{{{"verified", true},
                       {"file", target},
                       {"checksum", checksum.text()},
                       {"keyId", signature->key_id.text()},
                       {"signedAt", signature->signed_at}},
                      fmt::format("{}: good signature by {} over {}", printable(target),
                                  signature->key_id.text(), checksum.text())};
}

Result<TargetResult> verify_folder(const Session& session, const VerifyArguments& a,
                                   const std::string& target) {
  auto receipt = Receipt::read(target);
  if (!receipt) {
    if (receipt.error().code != ErrorCode::not_found) return receipt.error();
    return Error(ErrorCode::not_found,
                 fmt::format("{} was not installed by mkt: it has no install-receipt.json",
                             printable(target)));
  }
  MKT_CHECK(check_tree(target, *receipt));
  MKT_TRY(const Checksum checksum, Checksum::parse(receipt->checksum));
  MKT_TRY(const SignatureFile signature, SignatureFile::from_json(receipt->signature));
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const Settings home, settings_of_receipt(session, settings, *receipt));
  MKT_CHECK(check(session, a, home, signature, checksum, receipt->accepted_sequence));
  Json document{{"verified", true}};
  document.update(describe_installed(*receipt, target));
  document["files"] = receipt->files.size();
  return TargetResult{
      std::move(document),
      fmt::format("{}: {}@{}, all {} files as installed, good signature by {}", printable(target),
                  receipt->id, receipt->version, receipt->files.size(), signature.key_id.text())};
}

}  // namespace

void add_verify_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<VerifyArguments>();
  command.add_option("TARGET", a->targets, "Tarballs, or installed connectors' folders")
      ->required();
  command.add_option("--signature", a->signature, "Signature file (default: FILE.sig.json)");
  command.add_option("--public-key", a->public_key,
                     "File of the key to trust, in PEM or of ssh-keygen or minisign; no registry "
                     "is asked");
  add_trust_options(&command, a->trust);
  on_run(&command, session, [&session, a]() -> Status {
    if (a->targets.size() > 1 && !a->signature.empty()) {
      return Error(ErrorCode::usage_error, "--signature is of one tarball; verify that one alone");
    }
    return for_each_target(session, a->targets, [&](const std::string& target) {
      std::error_code error;
      return fs::is_directory(target, error) ? verify_folder(session, *a, target)
                                             : verify_tarball(session, *a, target);
    });
  });
}

}  // namespace mkt
