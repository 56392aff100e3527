#include "common/signing/signature_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Error malformed(std::string_view field, std::string_view what) {
  return Error(ErrorCode::signature_malformed,
               fmt::format("the signature file is not valid: {}: {}", field, what),
               {{std::string(field), std::string(what)}});
}

// "1.0"; or 1 or "1" from clients of the older protocol.
Result<Json> version_member(const Json& json) {
  const auto it = json.find("version");
  const bool is_number = it != json.end() && it->is_number_integer();
  if (it == json.end() || !(is_number || it->is_string())) {
    return malformed("version", "must be \"1.0\" or 1");
  }
  const bool known = is_number ? *it == 1 : *it == "1.0" || *it == "1";
  if (known) return *it;
  return Error(ErrorCode::signature_version_unknown,
               fmt::format("the signature file has the version {}; only \"1.0\" and 1 are known",
                           printable(dump_json(*it).substr(0, 32))));
}

}  // namespace

Result<SignatureFile> SignatureFile::parse(std::string_view text) {
  if (text.size() > kMaxSignatureFileBytes) {
    return Error(ErrorCode::signature_malformed,
                 fmt::format("the signature file has {} bytes; at most {} are allowed", text.size(),
                             kMaxSignatureFileBytes));
  }
  auto json = parse_json(text, "the signature file");
  if (!json) return Error(ErrorCode::signature_malformed, json.error().message);
  return from_json(*json);
}

Result<SignatureFile> SignatureFile::from_json(const Json& json) {
  if (!json.is_object()) return malformed("(root)", "must be an object");
  MKT_TRY(Json version, version_member(json));
  const auto algorithm = text_member(json, "algorithm");
  if (!algorithm) return malformed("algorithm", "must be \"ed25519\"");
  if (algorithm != "ed25519") {
    return Error(ErrorCode::signature_algorithm_unknown,
                 fmt::format("the signature file has the algorithm \"{}\"; only \"ed25519\" is "
                             "known",
                             printable(algorithm->substr(0, 32))));
  }
  const auto key_id = KeyName::parse(text_member(json, "keyId").value_or(""));
  if (!key_id) return malformed("keyId", key_id.error().message);
  std::string signed_text = text_member(json, "checksum").value_or("");
  const auto checksum = Checksum::parse(signed_text);
  if (!checksum) return malformed("checksum", checksum.error().message);
  const auto signature = parse_signature(text_member(json, "signature").value_or(""));
  if (!signature) return malformed("signature", "must be base64 of 64 bytes");
  const std::string signed_at = text_member(json, "signedAt").value_or("");
  if (!parse_utc(signed_at)) return malformed("signedAt", "must be an RFC 3339 time");
  std::optional<Json> payload;
  if (const auto it = json.find("payload"); it != json.end()) payload = *it;
  return SignatureFile{*key_id,   *checksum,          std::move(signed_text), *signature,
                       signed_at, std::move(version), std::move(payload)};
}

Result<SignatureFile> SignatureFile::read(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxSignatureFileBytes);
  if (text) return parse(*text);
  if (text.error().code != ErrorCode::not_found) return text.error();
  return Error(ErrorCode::not_found,
               fmt::format("there is no signature file {}", printable(file.string())));
}

Json SignatureFile::json() const {
  Json json{{"version", version},
            {"keyId", key_id.text()},
            {"algorithm", "ed25519"},
            {"checksum", signed_text},
            {"signature", to_base64(signature)},
            {"signedAt", signed_at}};
  if (payload) json["payload"] = *payload;
  return json;
}

SignatureFile signature_file_of(const KeyId& key, const Checksum& checksum,
                                const Signature& signature, UtcTime now) {
  return SignatureFile{key, checksum, checksum.text(), signature, format_utc(now)};
}

SignatureFile sign_checksum(const SecretKey& key, const PublisherId& publisher,
                            const Checksum& checksum, UtcTime now) {
  return signature_file_of(KeyId::of(publisher, key.public_key().fingerprint()), checksum,
                           key.sign(checksum.text()), now);
}

Status verify_signature(const SignatureFile& file, const Checksum& actual, const PublicKey& key) {
  if (file.checksum != actual) {
    return Error(ErrorCode::checksum_mismatch,
                 fmt::format("the tarball has {}, but the signature is for {}", actual.text(),
                             file.checksum.text()));
  }
  if (!key.verifies(file.signed_text, file.signature)) {
    return Error(ErrorCode::signature_invalid,
                 fmt::format("the signature is not one that {} made of {}", file.key_id.text(),
                             file.checksum.text()));
  }
  return {};
}

}  // namespace mkt
