// The entries of a stored list of keys, as text: one wire::KeyInfo per line, sorted by key id.
//
// One key in a hundred thousand is found without reading all of them, and a few changed keys are
// replaced without parsing the rest. Used by KeyBook. Pure functions, for any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/messages.h"

namespace mkt {

// data_damaged, with what to do about it.
Error key_list_damaged(std::string_view what);

// The line that starts there, without its end.
std::string_view line_at(std::string_view lines, std::size_t begin);
// The key id of a line.
Result<std::string_view> key_id_of(std::string_view line);
Result<wire::KeyInfo> parse_key_line(std::string_view line);

// The start of the first line whose key id is not less than `id`.
Result<std::size_t> lower_bound_of_key(std::string_view lines, std::string_view id);

// The result of merging a stored list with a listing from the registry.
struct MergedKeys {
  std::string lines;
  // Why the two cannot belong to one history, whatever their numbers: a key that differs, a revoked
  // key that is valid again, or a missing key. Empty where there is no contradiction.
  std::string contradiction;
  // The first key that changed; empty where everything sent was known already.
  std::string difference;
};

// `kept` with the listing's keys in their places. A listing without `since` holds all keys of the
// registry, so that only those remain. invalid_json where it is not of the protocol.
Result<MergedKeys> merge_keys(std::string_view kept, const wire::KeyListing& news);

}  // namespace mkt
