#include "daemon/store/postgres/pg_target.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace mkt::postgres {
namespace {

// What every connection of the daemon wants, unless the URL says otherwise.
constexpr std::pair<const char*, const char*> kUsual[] = {
    {"application_name", "mktd"},
    {"target_session_attrs", "read-write"},
    {"tcp_user_timeout", "5000"},  // ms: a host that is gone is noticed
    {"keepalives_idle", "10"},
};

// A change that stops in the middle must not keep its locks; one that waits for a lock gives up in
// time to decide again. Neither ends a COMMIT, nor its wait for a standby.
constexpr const char* kSessionOptions =
    "-c lock_timeout=1500 -c idle_in_transaction_session_timeout=5000";

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = list.find(',', begin);
    parts.push_back(list.substr(begin, comma - begin));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

std::string* value_of(PgTarget::Settings& settings, std::string_view name) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& setting) { return setting.first == name; });
  return found == settings.end() ? nullptr : &found->second;
}

std::string text_of(PgTarget::Settings& settings, std::string_view name) {
  const std::string* value = value_of(settings, name);
  return value == nullptr ? std::string() : *value;
}

// PQconnectPoll knows no time-out of its own, and would stay at the first host for ever. So each
// host is a target of its own here.
std::vector<PgTarget::Settings> one_by_one(PgTarget::Settings settings) {
  std::size_t count = 1;
  for (const char* name : {"host", "hostaddr"}) {
    count = std::max(count, split(text_of(settings, name)).size());
  }
  std::vector<PgTarget::Settings> all(count, settings);
  for (const char* name : {"host", "hostaddr", "port"}) {
    const auto parts = split(text_of(settings, name));
    for (std::size_t i = 0; i < count; ++i) {
      std::string* value = value_of(all[i], name);
      // One port may be that of all hosts.
      if (value != nullptr)
        *value = parts.size() == 1 ? parts[0] : parts[std::min(i, parts.size() - 1)];
    }
  }
  return all;
}

// "db-a:5432,db-b"
std::string addresses(std::vector<PgTarget::Settings>& hosts) {
  std::string all;
  for (PgTarget::Settings& host : hosts) {
    std::string name = text_of(host, "host");
    if (name.empty()) name = text_of(host, "hostaddr");
    const std::string port = text_of(host, "port");
    all += fmt::format("{}{}{}{}", all.empty() ? "" : ",", name, port.empty() ? "" : ":", port);
  }
  return all;
}

}  // namespace

Result<PgTarget> PgTarget::parse(const std::string& url) {
  char* said = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), &said), PQconninfoFree);
  PQfreemem(said);
  if (!options) {
    return Error(ErrorCode::invalid_input,
                 "the database's URL cannot be read; it looks like "
                 "postgresql://user@host:5432/name");
  }
  Settings settings;
  for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val != nullptr) settings.emplace_back(o->keyword, o->val);
  }
  for (const auto& [name, value] : kUsual) {
    if (value_of(settings, name) == nullptr) settings.emplace_back(name, value);
  }
  settings.emplace_back("client_encoding", "UTF8");
  if (std::string* own = value_of(settings, "options")) {
    *own = fmt::format("{} {}", kSessionOptions, *own);
  } else {
    settings.emplace_back("options", kSessionOptions);
  }
  PgTarget target;
  target.place_ = fmt::format("{}/{}", text_of(settings, "host"), text_of(settings, "dbname"));
  const std::string user = text_of(settings, "user"), name = text_of(settings, "dbname");
  target.hosts_ = one_by_one(std::move(settings));
  target.shown_url_ = fmt::format("postgresql://{}{}{}/{}", user, user.empty() ? "" : "@",
                                  addresses(target.hosts_), name);
  return target;
}

}  // namespace mkt::postgres
