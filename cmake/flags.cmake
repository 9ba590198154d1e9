# SPDX-License-Identifier: MIT
add_library(plug_flags INTERFACE)
target_compile_definitions(plug_flags INTERFACE _GNU_SOURCE $<$<BOOL:${PLUG_TESTING}>:PLUG_TESTING=1>)
target_compile_options(plug_flags INTERFACE
  -Wall -Wextra -Wshadow -Wvla -Wundef -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes
  -Wconversion -Wno-sign-conversion
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> # snprintf cuts on purpose here
  -fno-common -fstack-protector-strong -fstack-clash-protection)
target_link_options(plug_flags INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)

# The branch half of control-flow protection; the other half (shadow stacks) forbids fibers.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(plug_flags INTERFACE -fcf-protection=branch)
endif()

if(PLUG_SANITIZE)
  set(sanitize -fsanitize=${PLUG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_compile_options(plug_flags INTERFACE ${sanitize})
  target_link_options(plug_flags INTERFACE ${sanitize})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_c_source_compiles("#include <string.h>\nint main(void) { return (int)strlen(\"\"); }" PLUG_FORTIFY3)
  unset(CMAKE_REQUIRED_FLAGS)
  target_compile_options(plug_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$<IF:$<BOOL:${PLUG_FORTIFY3}>,3,2>)
endif()

if(PLUG_FUZZ)
  target_compile_options(plug_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(PLUG_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(LANGUAGES C)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# plug_programs(DIR PATTERN [LIBRARY...]): each source is a program DIR/NAME in the build tree.
function(plug_programs dir pattern)
  file(GLOB sources CONFIGURE_DEPENDS ${pattern})
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${dir}_${name} ${source})
    target_link_libraries(${dir}_${name} PRIVATE plug_flags plug_static m ${ARGN})
    set_target_properties(${dir}_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${dir})
    set_property(GLOBAL APPEND PROPERTY plug_${dir} ${name})
  endforeach()
endfunction()
