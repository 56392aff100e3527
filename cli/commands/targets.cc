#include "cli/commands/targets.h"

#include "common/base/utf8.h"

namespace mkt {

Status for_each_target(Session& session, const std::vector<std::string>& targets,
                       const std::function<Result<TargetResult>(const std::string&)>& act) {
  if (targets.size() == 1) {
    MKT_TRY(const TargetResult result, act(targets[0]));
    session.out.paged_result(result.document, result.text);
    return {};
  }
  Json results = Json::array();
  for (const std::string& target : targets) {
    const auto result = act(target);
    if (result) {
      results.push_back(result->document);
      if (!session.out.json) session.out.result({}, result->text);
      continue;
    }
    if (session.exit_status == ExitStatus::done) {
      session.exit_status = exit_status(result.error().code);
    }
    const Error error = result.error().context(printable(target));
    session.out.tell_error(error);
    results.push_back(Json{{"target", target}});
    results.back().update(describe_error(error));
  }
  if (session.out.json) session.out.result({{"results", results}}, "");
  return {};
}

}  // namespace mkt
