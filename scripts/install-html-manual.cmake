# install_html_manual(MANDOC MAN FOLDER): converts every page in the folder MAN to
# FOLDER/NAME.SECTION.html, with links between them. CMakeLists.txt calls it to install the manual.
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
