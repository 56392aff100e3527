#include "common/http/curl_library.h"

#include <optional>

#include "common/base/loaded_library.h"

// curl.h wraps these in type-checking macros; the macros need functions with those very names.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace mkt {
namespace {

std::optional<CurlLibrary> open_library() {
  const LoadedLibrary library("libcurl.so.4");
  CurlLibrary curl{};
  decltype(&::curl_global_init) global_init = nullptr;
  const bool complete = library.look_up("curl_global_init", global_init) &&
                        library.look_up("curl_easy_init", curl.easy_init) &&
                        library.look_up("curl_easy_setopt", curl.easy_setopt) &&
                        library.look_up("curl_easy_perform", curl.easy_perform) &&
                        library.look_up("curl_easy_getinfo", curl.easy_getinfo) &&
                        library.look_up("curl_easy_reset", curl.easy_reset) &&
                        library.look_up("curl_easy_cleanup", curl.easy_cleanup) &&
                        library.look_up("curl_slist_append", curl.slist_append) &&
                        library.look_up("curl_slist_free_all", curl.slist_free_all);
  if (!complete || global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return std::nullopt;
  return curl;
}

}  // namespace

Result<const CurlLibrary*> CurlLibrary::load() {
  static const std::optional<CurlLibrary> library = open_library();
  if (library) return &*library;
  return Error(ErrorCode::registry_unavailable,
               "libcurl.so.4 cannot be loaded; install the package libcurl4");
}

}  // namespace mkt
