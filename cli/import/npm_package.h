// NpmPackage: a package of npm as a user names it, and the version of it that a registry's document
// means by that. Pure.
//
// The document is what a registry answers to GET /PACKAGE, full or abbreviated (github.com/npm/
// registry, "Package Metadata"). Which version is taken is npm's own rule (npm-pick-manifest): a
// tag names one; of a range it is `latest` where the range contains that, else the highest version,
// one that is not deprecated first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

struct NpmPackage {
  std::string name;    // "@acme/tickets"
  std::string wanted;  // a version, a range, a tag; "latest" where none is named

  // Reads "NAME", "NAME@WANTED". usage_error for what is no name of a package.
  static Result<NpmPackage> parse(std::string_view text);

  // As it stands in a URL: "@acme%2ftickets".
  std::string in_url() const;
  // "acme" of "@acme/tickets", else empty.
  std::string scope() const;
};

struct NpmRelease {
  std::string version;
  std::string url;         // of the tarball
  std::string integrity;   // one or more, as Subresource Integrity has them; or empty
  std::string shasum;      // SHA-1 in hex; or empty
  std::string deprecated;  // why, or empty
};

// The URL without what follows ? or #, which may be a token: as a manifest has it, that all may
// read.
std::string without_query(const std::string& url);

// version_not_found where the document has none that fits, invalid_input where it is not what a
// registry sends.
Result<NpmRelease> choose_npm_release(const Json& document, const NpmPackage& package);

}  // namespace mkt
