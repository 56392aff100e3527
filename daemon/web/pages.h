// The pages, one file each, with their routes.
#pragma once

#include <memory>

#include "daemon/web/web.h"

namespace mkt {

void add_assets(Router& router, const std::shared_ptr<Web>& web);
void add_home_pages(Router& router, const std::shared_ptr<Web>& web);  // and search
void add_connector_pages(Router& router, const std::shared_ptr<Web>& web);
void add_diff_pages(Router& router, const std::shared_ptr<Web>& web);
void add_publisher_pages(Router& router, const std::shared_ptr<Web>& web);
void add_log_pages(Router& router, const std::shared_ptr<Web>& web);
void add_request_pages(Router& router, const std::shared_ptr<Web>& web);
void add_sign_in_pages(Router& router, const std::shared_ptr<Web>& web);
void add_status_pages(Router& router, const std::shared_ptr<Web>& web);

}  // namespace mkt
