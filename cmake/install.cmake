# SPDX-License-Identifier: MIT
# What "cmake --install" puts where: command, libraries, headers, plug.pc, CMake package, manual,
# completions.
include(CMakePackageConfigHelpers)
install(TARGETS plug_static plug_shared EXPORT plug-targets)
install(FILES include/plug.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PLUG_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/plug)

# The prefix is found from where plug.pc lies, so that "cmake --install --prefix" may move it.
file(RELATIVE_PATH up_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
list(JOIN PLUG_MODULES ", " PLUG_REQUIRES)
configure_file(cmake/plug.pc.in plug.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/plug.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/plug)
install(EXPORT plug-targets NAMESPACE plug:: DESTINATION ${package})
configure_package_config_file(cmake/plug-config.cmake.in plug-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(plug-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/plug-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/plug-config-version.cmake DESTINATION ${package})

find_program(SCDOC scdoc)
find_program(PYTHON3 python3)
if(PLUG_MAN AND SCDOC AND PYTHON3)
  include(cmake/man.cmake)
endif()

if(TARGET plug)
  install(TARGETS plug)
  set(completions ${CMAKE_CURRENT_BINARY_DIR}/completions)
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${completions}/${shell} DEPENDS plug
      COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
      COMMAND plug completions ${shell} > ${completions}/${shell})
    list(APPEND scripts ${completions}/${shell})
  endforeach()
  add_custom_target(completions ALL DEPENDS ${scripts})
  install(FILES ${completions}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME plug)
  install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _plug)
  install(FILES ${completions}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME plug.fish)
endif()
