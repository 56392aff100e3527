#include "common/http/curl_library.h"

#include <dlfcn.h>

#include <optional>

// curl.h wraps these in type-checking macros; the macros need functions with those very names.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace mkt {
namespace {

template <typename Function>
bool look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

std::optional<CurlLibrary> open_library() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  CurlLibrary curl{};
  decltype(&::curl_global_init) global_init = nullptr;
  const bool complete = look_up(library, "curl_global_init", global_init) &&
                        look_up(library, "curl_easy_init", curl.easy_init) &&
                        look_up(library, "curl_easy_setopt", curl.easy_setopt) &&
                        look_up(library, "curl_easy_perform", curl.easy_perform) &&
                        look_up(library, "curl_easy_getinfo", curl.easy_getinfo) &&
                        look_up(library, "curl_easy_reset", curl.easy_reset) &&
                        look_up(library, "curl_easy_cleanup", curl.easy_cleanup) &&
                        look_up(library, "curl_slist_append", curl.slist_append) &&
                        look_up(library, "curl_slist_free_all", curl.slist_free_all);
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
