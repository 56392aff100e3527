// ErrorCode: every way a call can fail, one word each, the same for both programs.
//
// The word is the `code` on the wire and in the output of `mkt --json`; it never changes once
// released. One table (the macro below) gives each code its HTTP status, used by mktd, and its exit
// status, used by mkt. Values are immutable; any thread may use everything here.
#pragma once

#include <optional>
#include <string_view>

namespace mkt {

// The exit statuses of `mkt`, documented in mkt(1). 0 is success.
enum class ExitStatus : int {
  done = 0,
  unexpected = 1,
  invalid = 2,
  not_found = 3,
  refused = 4,
  waiting = 5,
  timed_out = 6,
  unavailable = 7,
  conflict = 8,
  rate_limited = 9,
  damaged = 10,
  storage = 11,
  stale = 12,
};

// code, HTTP status, exit status
#define MKT_ERROR_CODES(X)                     \
  X(internal_error, 500, unexpected)           \
  X(usage_error, 400, invalid)                 \
  X(invalid_request, 400, invalid)             \
  X(invalid_json, 400, invalid)                \
  X(invalid_input, 422, invalid)               \
  X(manifest_missing, 422, invalid)            \
  X(manifest_invalid, 422, invalid)            \
  X(manifest_mismatch, 422, invalid)           \
  X(manifest_too_large, 413, invalid)          \
  X(archive_invalid, 422, invalid)             \
  X(archive_unsafe, 422, refused)              \
  X(archive_too_large, 413, refused)           \
  X(signature_malformed, 400, invalid)         \
  X(signature_version_unknown, 400, invalid)   \
  X(signature_algorithm_unknown, 400, invalid) \
  X(signature_in_future, 422, refused)         \
  X(signature_invalid, 422, refused)           \
  X(checksum_mismatch, 422, refused)           \
  X(key_unknown, 403, refused)                 \
  X(key_foreign, 403, refused)                 \
  X(key_revoked, 403, refused)                 \
  X(key_retired, 403, refused)                 \
  X(key_expired, 403, refused)                 \
  X(key_invalid, 422, invalid)                 \
  X(key_exists, 409, conflict)                 \
  X(key_file_invalid, 422, invalid)            \
  X(key_proof_invalid, 403, refused)           \
  X(key_untrusted, 403, refused)               \
  X(pinned_key_changed, 403, refused)          \
  X(passphrase_wrong, 403, refused)            \
  X(publisher_suspended, 403, refused)         \
  X(publisher_banned, 403, refused)            \
  X(publisher_exists, 409, conflict)           \
  X(not_owner, 403, refused)                   \
  X(last_owner, 409, conflict)                 \
  X(unauthorized, 401, refused)                \
  X(forbidden, 403, refused)                   \
  X(host_not_allowed, 421, refused)            \
  X(origin_not_allowed, 403, refused)          \
  X(not_found, 404, not_found)                 \
  X(connector_not_found, 404, not_found)       \
  X(version_not_found, 404, not_found)         \
  X(publisher_not_found, 404, not_found)       \
  X(key_not_found, 404, not_found)             \
  X(token_not_found, 404, not_found)           \
  X(version_exists, 409, conflict)             \
  X(version_quarantined, 409, refused)         \
  X(version_withdrawn, 410, refused)           \
  X(visibility_differs, 409, conflict)         \
  X(target_exists, 409, conflict)              \
  X(busy, 409, conflict)                       \
  X(method_not_allowed, 405, invalid)          \
  X(request_timeout, 408, timed_out)           \
  X(length_required, 411, invalid)             \
  X(tarball_too_large, 413, invalid)           \
  X(body_too_large, 413, invalid)              \
  X(body_incomplete, 400, unavailable)         \
  X(uri_too_long, 414, invalid)                \
  X(unsupported_media_type, 415, invalid)      \
  X(range_not_satisfiable, 416, invalid)       \
  X(headers_too_large, 431, invalid)           \
  X(not_implemented, 501, invalid)             \
  X(http_version_unsupported, 505, invalid)    \
  X(rate_limited, 429, rate_limited)           \
  X(approval_required, 202, waiting)           \
  X(policy_denied, 403, refused)               \
  X(policy_invalid, 422, invalid)              \
  X(policy_changed, 409, conflict)             \
  X(request_not_found, 404, not_found)         \
  X(request_denied, 403, refused)              \
  X(request_decided, 409, conflict)            \
  X(request_expired, 409, refused)             \
  X(request_differs, 409, conflict)            \
  X(request_outdated, 409, refused)            \
  X(self_approval, 403, refused)               \
  X(version_deprecated, 409, refused)          \
  X(dependency_cycle, 422, invalid)            \
  X(dependency_conflict, 422, conflict)        \
  X(lock_mismatch, 409, refused)               \
  X(not_cached, 404, not_found)                \
  X(idempotency_key_reused, 422, conflict)     \
  X(in_progress, 409, conflict)                \
  X(answer_lost, 409, conflict)                \
  X(installation_not_found, 404, not_found)    \
  X(timed_out, 504, timed_out)                 \
  X(registry_unavailable, 503, unavailable)    \
  X(overloaded, 503, unavailable)              \
  X(circuit_open, 503, unavailable)            \
  X(storage_full, 507, storage)                \
  X(storage_failed, 503, storage)              \
  X(io_error, 500, storage)                    \
  X(data_damaged, 500, damaged)                \
  X(data_locked, 503, invalid)                 \
  X(data_moved, 503, refused)                  \
  X(stale_keys, 503, stale)                    \
  X(keys_rolled_back, 503, stale)

enum class ErrorCode {
#define X(code, http, exit) code,
  MKT_ERROR_CODES(X)
#undef X
};

// The word in snake_case, as on the wire.
std::string_view error_code_name(ErrorCode code);

// nullopt for a word that this build does not know, as from a newer registry.
std::optional<ErrorCode> parse_error_code(std::string_view name);

int http_status(ErrorCode code);
ExitStatus exit_status(ErrorCode code);

// The nearest code for an answer that carries no code this client knows.
ErrorCode error_code_for_http_status(int status);

}  // namespace mkt
