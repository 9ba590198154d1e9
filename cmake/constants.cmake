# SPDX-License-Identifier: MIT
# src/net/constants.txt, one name a line, becomes the table that src/net/constant.c includes. Every
# name asks the preprocessor first, so the same list serves other kernels' and libcs' headers.
set(names ${CMAKE_CURRENT_SOURCE_DIR}/src/net/constants.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${names})
file(STRINGS ${names} lines REGEX "^[^#]")
set(table "/* Made from src/net/constants.txt. */\n")
foreach(line ${lines})
  if(line MATCHES "^enum ([A-Za-z0-9_]+)$")
    string(APPEND table "X(${CMAKE_MATCH_1}, ${CMAKE_MATCH_1})\n")
  elseif(line MATCHES "^([A-Za-z0-9_]+) ([0-9]+)$")
    string(APPEND table "X(${CMAKE_MATCH_1}, ${CMAKE_MATCH_2})\n")
  elseif(line MATCHES "^[A-Za-z0-9_]+$")
    string(APPEND table "#ifdef ${line}\nX(${line}, ${line})\n#endif\n")
  else()
    message(FATAL_ERROR "${names}: not a line of it: ${line}")
  endif()
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/constant_table.h CONTENT "${table}" @ONLY)
