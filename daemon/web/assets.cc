#include "daemon/web/assets.h"

#include <array>

#include "common/base/encoding.h"
#include "common/connector/checksum.h"
#include "daemon/web/pages.h"
#include "web_assets.h"

namespace mkt {
namespace {

struct Asset {
  std::string_view name;
  std::string_view content_type;
  std::string_view bytes;
};

constexpr std::array<Asset, 2> kAssets = {{
    {"style.css", "text/css; charset=utf-8", kStyleSheetBytes},
    {"icon.svg", "image/svg+xml", kIconBytes},
}};

constexpr std::size_t kHashDigits = 16;

std::string hash_of_asset(const Asset& asset) {
  return Checksum::of(as_bytes(asset.bytes)).hex().substr(0, kHashDigits);
}

Href address_of(const Asset& asset) {
  return Href::path({"assets", asset.name}).with("v", hash_of_asset(asset));
}

Result<Response> asset(Web&, Visit& visit) {
  const std::string& name = visit.request.path_parameter("name");
  for (const Asset& a : kAssets) {
    if (a.name != name) continue;
    Response response;
    response.content_type = a.content_type;
    response.body = a.bytes;
    // While daemons are upgraded, one may be asked for what another one's page names.
    const bool is_named = visit.parameter("v") == hash_of_asset(a);
    response.headers.emplace_back("Cache-Control",
                                  is_named ? "public, max-age=31536000, immutable" : "no-cache");
    return response;
  }
  return Error(ErrorCode::not_found, "there is no such file");
}

}  // namespace

Href style_sheet() {
  static const Href address = address_of(kAssets[0]);
  return address;
}

Href icon() {
  static const Href address = address_of(kAssets[1]);
  return address;
}

void add_assets(Router& router, const std::shared_ptr<Web>& web) {
  add_page(router, web, "GET", "/assets/{name}", {.always_open = true, .same_for_all = true},
           asset);
}

}  // namespace mkt
