#include "daemon/web/page_routes.h"

#include "daemon/web/pages.h"

namespace mkt {

void add_page_routes(Router& router, WebParts parts) {
  const auto web = std::make_shared<Web>(std::move(parts));
  add_assets(router, web);
  add_home_pages(router, web);
  add_connector_pages(router, web);
  add_diff_pages(router, web);
  add_publisher_pages(router, web);
  add_log_pages(router, web);
  add_request_pages(router, web);
  add_sign_in_pages(router, web);
  add_status_pages(router, web);
  add_page_elsewhere(router, web);
}

}  // namespace mkt
