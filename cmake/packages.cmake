# SPDX-License-Identifier: MIT
# plug_need(VAR MODULE PACKAGE): finds a pkg-config module as PkgConfig::VAR; when it is missing,
# one line names the Debian package that brings it.
find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config is missing: apt-get install pkg-config")
endif()

function(plug_need var module package)
  pkg_check_modules(${var} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${var}_FOUND)
    message(FATAL_ERROR "${module} is missing: apt-get install ${package}")
  endif()
endfunction()

# plug_may(VAR MODULE PACKAGE): the same for what the library can do without; PLUG_PACKAGES and
# PLUG_MODULES list what it got.
macro(plug_may var module package)
  pkg_check_modules(${var} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(${var}_FOUND)
    list(APPEND PLUG_PACKAGES PkgConfig::${var})
    list(APPEND PLUG_MODULES ${module})
  else()
    message(STATUS "built without ${module}; to have it: apt-get install ${package}")
  endif()
endmacro()
