#include "daemon/web/connector_names.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace mkt {

Result<ConnectorId> connector_id_in(const Request& request) {
  const std::string& text = request.path_parameter("id");
  if (auto id = ConnectorId::parse(text)) return std::move(*id);
  return Error(ErrorCode::connector_not_found,
               fmt::format("there is no connector {}",
                           printable(std::string_view(text).substr(0, kMaxNameLength))));
}

}  // namespace mkt
