// Origin: where the files of a connector came from, as `mkt import` writes it into the manifest
// (connector.manifest(5)).
//
//   "origin": {"type": "npm", "name": "@acme/tickets", "version": "1.4.0",
//              "integrity": "sha512-…", "url": "https://npm.acme.example/tickets-1.4.0.tgz"}
//   "origin": {"type": "mcpb", "file": "tickets.mcpb", "sha256": "…",
//              "name": "tickets", "version": "1.4.0"}
//
// It is what the publisher says, and signs with the rest of the manifest; a registry does not
// compare it with the source. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

inline constexpr std::size_t kMaxOriginBytes = 8 * 1024;  // of the member as compact JSON
inline constexpr std::size_t kMaxOriginFile = 255;        // characters; most file systems' limit

// All that is wrong with the member, by its path ("origin.sha256"); empty where it is valid.
// Members that are not known here are ignored.
std::vector<ErrorDetail> check_origin(const Json& origin);

// "npm @acme/tickets 1.4.0" or "mcpb tickets.mcpb (tickets 1.4.0)"; empty where the origin is not
// valid. It is not checked for what disturbs a terminal beyond control characters.
std::string describe_origin(const Json& origin);

}  // namespace mkt
