# SPDX-License-Identifier: MIT
# The manual: man/NAME.SECTION.scd by scdoc, section 3 from the comments of the public headers.
set(man ${CMAKE_CURRENT_BINARY_DIR}/man)
file(GLOB sources CONFIGURE_DEPENDS man/*.scd)
foreach(source ${sources})
  get_filename_component(page ${source} NAME_WLE)
  string(REGEX REPLACE ".*\\." "" section ${page})
  set(output ${man}/man${section}/${page})
  add_custom_command(OUTPUT ${output} DEPENDS ${source}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${man}/man${section}
    COMMAND scdoc < ${source} > ${output})
  list(APPEND pages ${output})
endforeach()
add_custom_command(OUTPUT ${man}/headers.stamp
  DEPENDS ${PLUG_HEADERS} include/plug.h ${CMAKE_CURRENT_SOURCE_DIR}/tools/docgen
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  COMMAND ${PYTHON3} tools/docgen ${man}
  COMMAND ${CMAKE_COMMAND} -E touch ${man}/headers.stamp)
add_custom_target(man ALL DEPENDS ${pages} ${man}/headers.stamp)
install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR} FILES_MATCHING PATTERN "*.[1-8]")
