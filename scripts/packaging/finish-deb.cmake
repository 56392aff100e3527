# CPack runs this between installing into the packages' folders and packing these. It adds what a
# Debian package has beside the programs: compressed manual pages and changelogs, the copyright, units,
# the settings, and the reasons for what lintian is told to overlook.
set(packaging ${CPACK_MKT_SOURCE}/scripts/packaging)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# place(FILE NAME): copies a file to that name of the package.
function(place file name)
  get_filename_component(folder ${root}/${name} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  file(COPY_FILE ${file} ${root}/${name})
  file(CHMOD ${root}/${name} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

# place_compressed(FILE NAME): the same, as NAME.gz without a time in it.
function(place_compressed file name)
  place(${file} ${name})
  run(gzip -9n ${root}/${name})
endfunction()

# As dh_strip does, besides what CPack strips.
run(strip --remove-section=.comment --remove-section=.note
  ${CPACK_TEMPORARY_DIRECTORY}/mkt/usr/bin/mkt ${CPACK_TEMPORARY_DIRECTORY}/mktd/usr/sbin/mktd)

set(version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH where it is set
file(GLOB pages ${CPACK_MKT_SOURCE}/man/*.[1-8])

foreach(package mkt mktd)
  set(root ${CPACK_TEMPORARY_DIRECTORY}/${package})
  foreach(page IN LISTS pages)
    get_filename_component(name ${page} NAME)
    string(REGEX MATCH "[1-8]$" section ${name})
    if((name MATCHES "^mktd") STREQUAL (package STREQUAL "mktd"))
      place_compressed(${page} usr/share/man/man${section}/${name})
    endif()
  endforeach()
  set(changelog ${CPACK_TEMPORARY_DIRECTORY}/changelog)
  file(WRITE ${changelog} "${package} (${version}) stable; urgency=medium

  * Packages of ${CPACK_PACKAGE_VERSION}; changelog.gz tells what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  place_compressed(${changelog} usr/share/doc/${package}/changelog.Debian)
  file(REMOVE ${changelog})
  place_compressed(${CPACK_MKT_SOURCE}/CHANGELOG.md usr/share/doc/${package}/changelog)
  place(${packaging}/copyright usr/share/doc/${package}/copyright)
  if(EXISTS ${packaging}/${package}.lintian-overrides)
    place(${packaging}/${package}.lintian-overrides usr/share/lintian/overrides/${package})
  endif()
endforeach()

place(${packaging}/mktd.service lib/systemd/system/mktd.service)
place(${packaging}/mktd.socket lib/systemd/system/mktd.socket)
place(${packaging}/mktd.sysusers usr/lib/sysusers.d/mktd.conf)
place(${packaging}/mktd.tmpfiles usr/lib/tmpfiles.d/mktd.conf)
# As the program itself prints it, with the data where the unit has it.
set(settings ${CPACK_TEMPORARY_DIRECTORY}/mktd.conf)
run(env -i STATE_DIRECTORY=/var/lib/mktd ${root}/usr/sbin/mktd --config /dev/null --print-config OUTPUT_FILE ${settings})
place(${settings} etc/mktd/mktd.conf)
file(REMOVE ${settings})
