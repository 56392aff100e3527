// What is kept out of a tarball even without a line in .mktignore: folders of version control,
// editors' leftovers, and above all secrets, which nobody can take back once they are published.
//
// A `!` line in .mktignore that names such a file in full brings it back (source_tree.h); publish
// then requires --allow-secrets. Links below node_modules/.bin are left out, as a tarball cannot
// contain links and nothing loads a module through them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mkt {

struct NeverPacked {
  std::string_view why;  // "may hold passwords and tokens"
  bool secret = false;   // looks like a secret
};

// Judges by the last component of a path. `folder` is the component before it, empty at the root.
std::optional<NeverPacked> never_packed(std::string_view name, std::string_view folder);

// Judges by how the file begins: private keys of PEM, OpenSSH, PuTTY and OpenPGP, and mkt's key
// files.
std::optional<NeverPacked> never_packed(std::span<const std::uint8_t> beginning);

// How many bytes `beginning` should have: a certificate may stand before the key.
inline constexpr std::size_t kLookedAtBytes = 16 * 1024;

}  // namespace mkt
