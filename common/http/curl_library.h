// CurlLibrary: libcurl, loaded at the first request.
//
// Linking libcurl would make every start of mkt load the forty libraries behind it, even for `mkt
// --version` and `mkt pack`: about 5 ms. So its functions are looked up with dlopen, with the types
// of curl/curl.h. Loaded once, never unloaded; thread-safe.
#pragma once

#include <curl/curl.h>

#include "common/base/result.h"

namespace mkt {

struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;

  // registry_unavailable, naming the package, when libcurl is not installed.
  static Result<const CurlLibrary*> load();
};

}  // namespace mkt
