// Forms of pages: their fields, the secret that shows that a page of the same session sent them,
// and the form to sign in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/web/web.h"

namespace mkt {

// The fields of a form's body; invalid_request where it is no form.
class Form {
 public:
  static Result<Form> read(Request& request);
  std::string_view field(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The hidden field that each form of a session has; and the check that it came back.
Html form_secret(const Visit& visit);
Status check_form_secret(const Visit& visit, const Form& form);
bool is_form_of(const Session& session, const Form& form);
// forbidden: of a form that is of no session that the browser has.
Error strange_form();

// Signs in with a token that was typed into a form. Tokens that are not valid count for the limit
// of the client's address, like those in a header.
Status sign_in_by_form(const Web& web, Request& request, std::string_view token, Caller& caller);

// The form to sign in; `destination` is where it leads.
Html sign_in_form(const Href& destination);

}  // namespace mkt
