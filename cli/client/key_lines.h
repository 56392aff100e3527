// The entries of a kept list of keys, as text: one wire::KeyInfo a line, sorted by key id.
//
// One of a hundred thousand is found without reading them all, and a few that changed are put in
// their places without parsing the rest. Used by KeyBook; pure functions, for any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/messages.h"

namespace mkt {

// data_damaged, saying what to do about it.
Error key_list_damaged(std::string_view what);

// The line that starts there, without its end.
std::string_view line_at(std::string_view lines, std::size_t begin);
// The key id of a line.
Result<std::string_view> key_id_of(std::string_view line);
Result<wire::KeyInfo> parse_key_line(std::string_view line);

// The start of the first line whose key id is not less than `id`.
Result<std::size_t> lower_bound_of_key(std::string_view lines, std::string_view id);

// What became of a kept list through another one of the registry.
struct MergedKeys {
  std::string lines;
  // Why the two cannot both be of one history, whatever their numbers: a key that is another one
  // than before, that came back from its revocation, or that is gone. Empty where nothing is.
  std::string contradiction;
  // Which key is not as it was; empty where all that was sent was known already.
  std::string difference;
};

// `kept` with the listing's keys in their places. A listing without `since` holds all keys of the
// registry, so that only those remain. invalid_json where it is not of the protocol.
Result<MergedKeys> merge_keys(std::string_view kept, const wire::KeyListing& news);

}  // namespace mkt
