// Waking up who follows the log: whoever commits says so at once, so that the others need not wait
// until they look again by themselves. Nothing depends on it. It is sent after the commit and
// outside of it, for PostgreSQL takes one lock for all at the commit of a NOTIFY; a database that
// does not know it refuses it, which nobody minds.
#pragma once

namespace mkt::postgres {

inline constexpr const char* kListen = "LISTEN mkt";
inline constexpr const char* kNotify = "NOTIFY mkt";

}  // namespace mkt::postgres
