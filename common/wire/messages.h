// The answers of the registry: one struct a message, written by `to_json`, read by `parse`.
//
// Names and shapes are those of the registry protocol (camelCase, times in RFC 3339 UTC, sizes in
// bytes); mkt-protocol(7) describes them, and GET /v1/openapi gives their schemas. `parse` gives
// invalid_json, naming the field, when an answer is not of the protocol; fields it does not know
// are ignored. Values; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/wire/catalog_messages.h"
#include "common/wire/install_messages.h"
#include "common/wire/key_messages.h"
#include "common/wire/members.h"

namespace mkt::wire {

// GET /v1/tokens and, with `token` this once, the answer to POST /v1/tokens.
struct TokenInfo {
  std::string id;
  std::string name;
  std::string role;
  std::string subject;
  std::string created_at;
  std::optional<std::string> expires_at;
  std::optional<std::string> last_used_at;
  bool read_only = false;
  std::vector<std::string> connectors = {};  // patterns; empty: all
  std::vector<std::string> from = {};        // address ranges; empty: all
  std::optional<std::string> token;

  MKT_MESSAGE(TokenInfo);
};

// GET /v1/tokens
struct TokenListing {
  std::vector<TokenInfo> tokens;

  MKT_MESSAGE(TokenListing);
};

// An entry of the audit log.
struct LogInfo {
  std::int64_t sequence = 0;
  std::string at;
  std::string actor;
  std::string address;
  std::string request_id;
  std::string action;
  std::string subject;
  std::string detail;              // for people
  Json document = Json::object();  // ids and values of the change

  MKT_MESSAGE(LogInfo);
};

// GET /v1/log
struct LogListing {
  std::vector<LogInfo> entries;  // oldest first
  bool has_more = false;

  MKT_MESSAGE(LogListing);
};

// What every failure is answered with. `error` is the older protocol's title.
struct ErrorDetailInfo {
  std::string path;
  std::string message;

  MKT_MESSAGE(ErrorDetailInfo);
};

struct ErrorInfo {
  std::optional<bool> success;  // false, where a client of the older protocol publishes
  std::string error;
  std::string code;
  std::string message;
  std::vector<ErrorDetailInfo> details;
  std::string id;                            // the connector that was not found
  std::string version;                       // the version that was not found
  std::optional<std::uint64_t> max_size;     // bytes
  std::optional<std::uint64_t> actual_size;  // bytes
  std::optional<std::int64_t> retry_after;   // seconds
  std::string request_id;

  MKT_MESSAGE(ErrorInfo);
};

// {error, code, message, details, requestId}. An answer that is no such document gives the error
// that its HTTP status stands for.
Error parse_error(int http_status, std::string_view body);

}  // namespace mkt::wire
