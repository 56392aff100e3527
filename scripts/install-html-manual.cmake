# install_html_manual(MANDOC MAN FOLDER): every page of the folder MAN as FOLDER/NAME.SECTION.html, which
# refer to each other. For CMakeLists.txt, which calls it when the manual is installed.
function(install_html_manual mandoc man folder)
  file(MAKE_DIRECTORY "${folder}")
  file(GLOB pages "${man}/*.[1-8]")
  foreach(page IN LISTS pages)
    get_filename_component(name "${page}" NAME)
    set(html "${folder}/${name}.html")
    message(STATUS "Installing: ${html}")
    execute_process(COMMAND "${mandoc}" -T html -O man=%N.%S.html,toc "${page}"
      OUTPUT_FILE "${html}" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endfunction()
