# SPDX-License-Identifier: MIT
# What "cmake --install" puts where: command, libraries, headers, plug.pc, CMake package, manual,
# completions.
include(CMakePackageConfigHelpers)
install(TARGETS plug_static plug_shared EXPORT plug-targets)
if(TARGET plug)
  install(TARGETS plug)
endif()
install(FILES include/plug.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PLUG_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/plug)

# The prefix is found from where plug.pc lies, so that "cmake --install --prefix" may move it.
file(RELATIVE_PATH up_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
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
