// Converts a document's content to Firestore's REST form, {"name": {"stringValue": "x"}}, and back.
//
// A whole number is an integerValue (a string on the wire, as JSON numbers may not hold 64 bits),
// any other number a doubleValue, a flag a booleanValue. A member named "at" or ending in "At" with
// Unix milliseconds is a timestampValue. Reference: Firestore's REST resource "Value". Thread-safe.
#pragma once

#include <cstdint>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

Json to_firestore_fields(const Json& content);
// Converts a value that others wrote, such as a manifest: no name in it means a moment.
Json to_firestore_value(const Json& value);
Json to_firestore_moment(std::int64_t unix_ms);
// invalid_input for a type that the mirror never writes.
Result<Json> from_firestore_fields(const Json& fields);

}  // namespace mkt
