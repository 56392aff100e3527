// Admission: checks whether a request is meant for this daemon, and finds the client's address.
//
// A web page may make the user's browser send requests to 127.0.0.1, or to a name that the page's
// owner made resolve to it. The Host of such a request is a name of the page's owner, or it has an
// Origin. So Host must be an IP address (nobody can make an address resolve), "localhost", or an
// allowed name. A browser reaches a Unix socket through a proxy, which passes Host on; there Host
// is checked too where names are configured, and otherwise may be anything.
//
// A change, and any request with a token, may come from a page of the same host or of an allowed
// origin. What anyone may read, any page may read. Admitted (cors.h) has what the answer tells the
// browser about this.
//
// X-Forwarded-For counts where it comes from a trusted proxy, and only as far as the proxies in it
// are trusted too. Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/address_range.h"
#include "common/base/result.h"
#include "daemon/http/connection.h"
#include "daemon/http/cors.h"
#include "daemon/http/request_head.h"

namespace mkt {

// A client may always use it as Host: "localhost", or an IP address (without brackets).
bool is_always_allowed(std::string_view host);
// What Host can name: labels of letters, digits, "-" and "_" with dots between, or an address.
bool is_host_name(std::string_view text);
// As a browser writes an Origin: "https://tools.acme.example", with ":PORT" where it has one.
bool is_web_origin(std::string_view text);

struct Admitted {
  std::string address;
  Cors cors;
  bool anyone_reads = true;  // without a token; else no answer is kept for who has none
};

class Admission {
 public:
  // `hosts` are names without ports; `origins` are in the form that browsers write:
  // "https://tools.acme.example".
  Admission(std::vector<std::string> hosts, std::vector<std::string> origins,
            std::vector<AddressRange> trusted_proxies, bool anyone_reads = true);

  // The client's address, and which pages may read the answer. host_not_allowed,
  // origin_not_allowed.
  Result<Admitted> admit(const RequestHead& head, const Peer& peer) const;

  bool is_trusted(std::string_view address) const;

 private:
  Status check_host(std::string_view host) const;
  Result<Cors> check_origin(const RequestHead& head, std::string_view host) const;

  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  std::vector<AddressRange> trusted_proxies_;
  bool anyone_reads_;
};

}  // namespace mkt
