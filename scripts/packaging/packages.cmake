# The Debian packages mkt and mktd: `cpack` in the folder of a build writes them. What is installed is
# told of by CMakeLists.txt; finish-deb.cmake adds what Debian wants beside it.
set(MKT_MAINTAINER "The mkt developers <mkt@mkt.example>" CACHE STRING
  "Maintainer in the Debian packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR mkt)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGE_CONTACT "${MKT_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL mkt mktd)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# Libraries that are loaded when they are needed first, which dpkg-shlibdeps does not see.
set(CPACK_DEBIAN_MKT_PACKAGE_NAME mkt)
set(CPACK_DEBIAN_MKT_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_MKT_PACKAGE_DEPENDS "libcurl4, ca-certificates")
set(CPACK_DEBIAN_MKT_PACKAGE_RECOMMENDS libjq1)
set(CPACK_DEBIAN_MKT_PACKAGE_SUGGESTS mktd)
set(CPACK_COMPONENT_MKT_DESCRIPTION "client of a signed package marketplace
mkt packs, signs, publishes and installs connectors from a terminal or a CI
job. It checks checksum, signature and key of what it installs against the
registry's keys, and against those that were pinned.

The registry is the package mktd.")

set(CPACK_DEBIAN_MKTD_PACKAGE_NAME mktd)
set(CPACK_DEBIAN_MKTD_PACKAGE_SECTION net)
set(CPACK_DEBIAN_MKTD_PACKAGE_DEPENDS
  "libcurl4, ca-certificates, default-systemd-sysusers | systemd-sysusers, default-systemd-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_MKTD_PACKAGE_RECOMMENDS mkt)
set(CPACK_COMPONENT_MKTD_DESCRIPTION "signed package marketplace that a team hosts itself
mktd keeps a team's connectors: it checks the signature of everything that is
published, keeps it in one folder, serves it, limits how much anybody may ask
for, and lets people approve what is installed.

It is not started before it was set up with mktd init.")
set(packaging ${CMAKE_CURRENT_LIST_DIR})
set(CPACK_DEBIAN_MKTD_PACKAGE_CONTROL_EXTRA ${packaging}/mktd/conffiles ${packaging}/mktd/postinst
  ${packaging}/mktd/prerm ${packaging}/mktd/postrm)

# CPack hands on only what has its prefix.
set(CPACK_MKT_SOURCE ${CMAKE_SOURCE_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${packaging}/finish-deb.cmake)
include(CPack)
