# cmake -D OUT=FILE -D SOURCE=DIR -P scripts/embed-assets.cmake
#
# Writes a header with the files that pages load, as string constants. The files are text and do not
# contain the end of a raw string.
file(READ ${SOURCE}/style.css style)
file(READ ${SOURCE}/icon.svg icon)
file(WRITE ${OUT} "// Made by scripts/embed-assets.cmake.
#pragma once
#include <string_view>
namespace mkt {
inline constexpr std::string_view kStyleSheetBytes = R\"asset(${style})asset\";
inline constexpr std::string_view kIconBytes = R\"asset(${icon})asset\";
}  // namespace mkt
")
