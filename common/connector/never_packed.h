// What stays out of a tarball though nobody wrote it into .mktignore: folders of version control,
// editors' leftovers, and above all secrets, which are out of the author's hands once published.
//
// A `!` line of a .mktignore that names such a file in full brings it back (source_tree.h); publish
// then asks for --allow-secrets. Links below node_modules/.bin are left out as a tarball cannot
// hold them and nothing loads a module through them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mkt {

struct NeverPacked {
  std::string_view why;  // "may hold passwords and tokens"
  bool secret = false;   // looks like one
};

// By the last component of a path. `folder` is the component before it, empty at the root.
std::optional<NeverPacked> never_packed(std::string_view name, std::string_view folder);

// By how the file begins: PEM, OpenSSH, PuTTY and OpenPGP private keys, and mkt's own key files.
std::optional<NeverPacked> never_packed(std::span<const std::uint8_t> beginning);

// How much of a file's beginning the second one looks at: a certificate may stand before the key.
inline constexpr std::size_t kLookedAtBytes = 16 * 1024;

}  // namespace mkt
