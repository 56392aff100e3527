// PgTarget: which database to connect to, from its URL.
//
// The URL is libpq's own: postgresql://user@host-a,host-b/name?options… Several hosts are tried in
// their order, until one takes writes. Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace mkt::postgres {

class PgTarget {
 public:
  // invalid_input, without the URL's text: it may contain a password.
  static Result<PgTarget> parse(const std::string& url);

  using Settings = std::vector<std::pair<std::string, std::string>>;  // libpq's names and values

  // For each host in turn, what to connect with.
  const std::vector<Settings>& hosts() const { return hosts_; }
  // For people: hosts and name, without the password.
  const std::string& place() const { return place_; }
  // The same as a URL: postgresql://user@host:port,…/name. Passwords and options are left out.
  const std::string& shown_url() const { return shown_url_; }

 private:
  std::vector<Settings> hosts_;
  std::string place_;
  std::string shown_url_;
};

}  // namespace mkt::postgres
