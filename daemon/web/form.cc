#include "daemon/web/form.h"

#include <algorithm>

#include "common/base/same_secret.h"
#include "common/base/text.h"
#include "common/base/url.h"
#include "daemon/http/fields.h"
#include "daemon/http/rate_limit.h"
#include "daemon/service/tokens.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxFormFields = 16;

}  // namespace

Result<Form> Form::read(Request& request) {
  constexpr std::string_view kType = "application/x-www-form-urlencoded";
  const std::string_view type = request.head.header("content-type");
  if (lower_case(trim(type.substr(0, type.find(';')))) != kType) {
    return Error(ErrorCode::invalid_request, "this is no form");
  }
  MKT_TRY(const std::string body, read_body(request.body, kMaxSmallBodyBytes));
  Form form;
  std::string_view rest = body;
  while (!rest.empty() && form.fields_.size() < kMaxFormFields) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals), Plus::is_space);
    const auto value =
        percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
    if (!name || !value) return Error(ErrorCode::invalid_request, "this is no form");
    form.fields_.emplace_back(*name, *value);
  }
  return form;
}

std::string_view Form::field(std::string_view name) const {
  for (const auto& [n, value] : fields_) {
    if (n == name) return value;
  }
  return {};
}

Html form_secret(const Visit& visit) {
  Html html;
  if (!visit.session) return html;
  html << "<input type=\"hidden\" name=\"form\" value=\"" << visit.session->form_secret << "\">";
  return html;
}

Status check_form_secret(const Visit& visit, const Form& form) {
  if (!visit.session) {
    return Error(ErrorCode::unauthorized, "nobody is signed in here, or not any more");
  }
  return is_form_of(*visit.session, form) ? Status() : Status(strange_form());
}

bool is_form_of(const Session& session, const Form& form) {
  return same_secret(form.field("form"), session.form_secret);
}

Error strange_form() {
  return Error(ErrorCode::forbidden,
               "the form is not one of this session; load its page again, and send it from there");
}

Status sign_in_by_form(const Web& web, Request& request, std::string_view token, Caller& caller) {
  caller = Caller();
  caller.address = request.caller.address;
  caller.request_id = request.caller.request_id;
  Status signed_in = sign_in(web.market(), trim(token), caller);
  if (signed_in || signed_in.error().code != ErrorCode::unauthorized) return signed_in;
  web.parts.usage.sign_in_failed(caller.address, trim(token), web.market().now());
  MKT_CHECK(count_request(web.parts.limiter, LimitScope::auth_failure,
                          {address_subject(caller.address), caller.address}, request));
  return Error(ErrorCode::unauthorized, "the token is not valid: unknown, revoked or expired");
}

Html sign_in_form(const Href& destination) {
  Html html;
  html << "<form class=\"stacked\" method=\"post\" action=\"/sign-in\">"
          "<input type=\"hidden\" name=\"to\" value=\""
       << destination.text()
       << "\"><label for=\"token\">Token</label>"
          "<input id=\"token\" name=\"token\" type=\"password\" required autocomplete=\"off\" "
          "spellcheck=\"false\" aria-describedby=\"token-help\">"
          "<p id=\"token-help\" class=\"muted\">A bearer token of this registry, as <code>mkt "
          "login</code> takes it: <code>mkt_…</code>. It is not kept; signing in ends after an "
          "hour without use, and after eight hours.</p>"
          "<button class=\"primary\">Sign in</button></form>";
  return html;
}

}  // namespace mkt
