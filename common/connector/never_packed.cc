// Names and first lines of files that are not for others.
#include "common/connector/never_packed.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/base/encoding.h"

#include "common/base/text.h"

namespace mkt {
namespace {

constexpr NeverPacked kVersionControl{"belongs to version control"};
constexpr NeverPacked kLeftover{"is a leftover of an editor or a file manager"};
constexpr NeverPacked kPrograms{"holds links to programs, which a tarball cannot hold"};
constexpr NeverPacked kRules{"says what is left out"};
constexpr NeverPacked kOwnTemporary{"is a temporary file of mkt"};
constexpr NeverPacked kEnvironment{"may hold passwords and tokens", true};
constexpr NeverPacked kCredentials{"may hold credentials", true};
constexpr NeverPacked kPrivateKey{"looks like a private key", true};

constexpr auto kVersionControlNames =
    std::to_array<std::string_view>({".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"});
constexpr auto kLeftoverNames =
    std::to_array<std::string_view>({".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini"});
constexpr auto kCredentialNames = std::to_array<std::string_view>(
    {".npmrc", ".netrc", ".pypirc", ".git-credentials", ".htpasswd"});
constexpr auto kKeyNames = std::to_array<std::string_view>(
    {"id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"});
constexpr auto kKeyExtensions =
    std::to_array<std::string_view>({".key", ".p12", ".pfx", ".p8", ".ppk", ".jks", ".keystore"});

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// vim's .name.swp and its successors .swo, .swn …; emacs's name~, #name# and .#name; macOS's
// ._name.
bool is_leftover(std::string_view name) {
  if (contains(kLeftoverNames, name)) return true;
  if (name.ends_with('~') || name.starts_with(".#") || name.starts_with("._")) return true;
  if (name.size() > 2 && name.starts_with('#') && name.ends_with('#')) return true;
  return name.size() > 5 && name.starts_with('.') && name.substr(name.size() - 4, 3) == ".sw" &&
         name.back() >= 'a' && name.back() <= 'p';
}

// The temporary names of write_file_atomically and PendingFile: .name.0123456789ab
bool is_own_temporary(std::string_view name) {
  constexpr std::size_t kDigits = 12;
  if (name.starts_with(".mkt-")) return true;
  if (!name.starts_with('.') || name.size() < kDigits + 3) return false;
  const std::string_view digits = name.substr(name.size() - kDigits);
  return name[name.size() - kDigits - 1] == '.' &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_key_name(std::string_view name) {
  if (contains(kKeyNames, name)) return true;
  return std::any_of(kKeyExtensions.begin(), kKeyExtensions.end(),
                     [&](std::string_view extension) { return name.ends_with(extension); });
}

// True for the PEM header of a private key, RFC 7468 or older: "-----BEGIN EC PRIVATE KEY-----".
bool has_private_key_header(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos;
       at = text.find(kBegin, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (line.find("PRIVATE KEY") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::optional<NeverPacked> never_packed(std::string_view name, std::string_view folder) {
  if (contains(kVersionControlNames, name)) return kVersionControl;
  if (name == ".mktignore") return kRules;
  if (name == ".bin" && folder == "node_modules") return kPrograms;
  if (is_leftover(name)) return kLeftover;
  if (is_own_temporary(name)) return kOwnTemporary;
  const std::string lower = lower_case(name);
  if (lower.starts_with(".env")) return kEnvironment;
  if (contains(kCredentialNames, lower)) return kCredentials;
  if (is_key_name(lower)) return kPrivateKey;
  return std::nullopt;
}

std::optional<NeverPacked> never_packed(std::span<const std::uint8_t> beginning) {
  std::string_view text = as_text(beginning.first(std::min(beginning.size(), kLookedAtBytes)));
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with("PuTTY-User-Key-File-") ||
      text.starts_with("---- BEGIN SSH2 ENCRYPTED PRIV")) {
    return kPrivateKey;
  }
  // The output of openssl pkcs12 begins with "Bag Attributes".
  const bool is_pem = text.starts_with("-----BEGIN ") || text.starts_with("Bag Attributes");
  if (is_pem && has_private_key_header(text)) return kPrivateKey;
  // mkt's own key files, recognized by the members that only they have (key_file.h).
  const auto has = [&](std::string_view member) { return text.find(member) != text.npos; };
  if (text.starts_with('{') && has("\"keyId\"") && has("\"kdf\"") && has("\"secretKey\"")) {
    return kPrivateKey;
  }
  return std::nullopt;
}

}  // namespace mkt
