#include "daemon/ops/set_up_https.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "daemon/http/admission.h"
#include "daemon/http/tls_context.h"
#include "daemon/ops/acting_as_owner.h"
#include "daemon/ops/settings_text.h"

namespace mkt {
namespace {

// The daemon's user must be able to use them.
Status check_tls_files(const TlsFiles& files, const std::filesystem::path& data) {
  MKT_TRY(const ActingAsOwner owner, ActingAsOwner::of(data));
  MKT_TRY(const TlsContext context, TlsContext::load(files));
  return {};
}

// Whether a certificate's name is for the host: a "*" stands for its first label (RFC 9525 section
// 6.3).
bool is_for(std::string_view name, std::string_view host) {
  if (!name.starts_with("*.")) return lower_case(name) == lower_case(host);
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         lower_case(name.substr(1)) == lower_case(host.substr(dot));
}

}  // namespace

Status choose_tls(const SetUpWishes& wishes, const Ask& ask, SetUp& now) {
  const auto& certificate = wishes.tls_certificate;
  const auto& key = wishes.tls_key;
  if (!is_https(now.listen.front())) {
    if (!certificate && !key) return {};
    return Error(ErrorCode::usage_error,
                 "tls-certificate and tls-key are for --listen https://HOST:PORT");
  }
  if (!ask && (!certificate || !key)) {
    return Error(ErrorCode::usage_error,
                 "listen: https needs a certificate and its key; say --tls-certificate FILE "
                 "--tls-key FILE");
  }
  for (std::string told;;) {
    TlsFiles files;
    MKT_TRY(files.certificate,
            choose_file(certificate, ask,
                        told + "Certificate for https, with its chain, a PEM file: "));
    MKT_TRY(files.key, choose_file(key, ask, "Its private key, a PEM file: "));
    now.tls = files;
    Status usable = check_tls_files(files, now.data);
    if (usable || certificate || key) return usable;
    told = usable.error().message + "\n";
  }
}

void choose_host(SetUp& now, bool settings_stay) {
  if (!now.tls || !is_https(clients_address(now))) return;
  const auto context = TlsContext::load(*now.tls);
  if (!context) return;  // it cannot be read now
  const std::vector<std::string>& names = context->names();
  for (const std::string& host : now.allowed_hosts) {
    const auto covers = [&](const std::string& name) { return is_for(name, host); };
    if (std::none_of(names.begin(), names.end(), covers)) continue;
    now.tls_name = host;
    return;
  }
  std::vector<std::string> usable;
  std::copy_if(names.begin(), names.end(), std::back_inserter(usable), is_host_name);
  const auto allowed = std::find_if(usable.begin(), usable.end(), is_always_allowed);
  if (usable.empty()) {
    now.name_note = fmt::format(
        "clients cannot verify the host in the line that logs in, as the certificate is for {}; "
        "set allowed-hosts in {} to the name under which clients come, and write that name there",
        names.empty() ? "no host" : printable(fmt::format("{} only", fmt::join(names, ", "))),
        printable(now.config.string()));
  } else if (settings_stay && allowed != usable.end()) {
    now.tls_name = *allowed;
  } else {
    now.tls_name = usable.front();
    if (is_always_allowed(now.tls_name)) return;
    if (!settings_stay) {
      now.allowed_hosts = {now.tls_name};
      return;
    }
    now.name_note = fmt::format(
        "the daemon refuses the host in the line that logs in: set allowed-hosts = [{}] "
        "in {} before",
        toml_text(now.tls_name), printable(now.config.string()));
  }
}

}  // namespace mkt
