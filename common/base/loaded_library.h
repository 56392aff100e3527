// LoadedLibrary: functions of a shared library that is opened when it is first needed, not when the
// program starts, as most runs need it not.
//
// A library is never closed again. Thread-safe.
#pragma once

#include <dlfcn.h>

namespace mkt {

class LoadedLibrary {
 public:
  // `name` as the dynamic linker knows it: "libcurl.so.4".
  explicit LoadedLibrary(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

  // False where the library or the function is missing.
  template <typename Function>
  bool look_up(const char* name, Function& function) const {
    if (handle_ == nullptr) return false;
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
    return function != nullptr;
  }

 private:
  void* handle_;
};

}  // namespace mkt
