#include "daemon/ops/admin_token.h"

#include <fmt/format.h>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "daemon/service/tokens.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMostTokenBytes = 4096;
constexpr unsigned kTokenMode = 0600;

Status make_room_for_token(const DataFolder& data) {
  return write_file_atomically(data.admin_token(), "", kTokenMode);
}

Status keep_admin_token(const DataFolder& data, const CreatedToken& created) {
  return write_file_atomically(data.admin_token(), created.secret + "\n", kTokenMode);
}

// Whether an admin can use what is in the file.
Result<bool> is_admin_token_valid(const Marketplace& market, const DataFolder& data) {
  auto token = read_file(data.admin_token(), kMostTokenBytes);
  if (!token && token.error().code == ErrorCode::not_found) return false;
  if (!token) return token.error();
  while (!token->empty() && token->back() == '\n') token->pop_back();
  Caller caller;
  caller.address = "127.0.0.1";
  const Status signed_in = sign_in(market, *token, caller);
  if (!signed_in && signed_in.error().code != ErrorCode::unauthorized) return signed_in.error();
  return caller.is_admin();
}

}  // namespace

Result<bool> write_first_admin_token(const Marketplace& market, const DataFolder& data) {
  MKT_TRY(const auto tokens,
          market.read([](const Records& records) { return records.tokens().all(); }));
  if (!tokens.empty()) return false;
  MKT_CHECK(make_room_for_token(data));
  MKT_TRY(const auto created, create_first_admin_token(market));
  if (!created) return false;
  MKT_CHECK(keep_admin_token(data, *created));
  return true;
}

Status write_new_admin_token(const Marketplace& market, const DataFolder& data) {
  MKT_TRY(const bool is_valid, is_admin_token_valid(market, data));
  if (is_valid) {
    return Error(ErrorCode::target_exists,
                 fmt::format("the token in {} is an admin's and still valid; nothing was made",
                             printable(data.admin_token().string())));
  }
  MKT_CHECK(make_room_for_token(data));
  MKT_TRY(const CreatedToken created, create_recovery_token(market));
  return keep_admin_token(data, created);
}

}  // namespace mkt
