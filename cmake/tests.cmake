# SPDX-License-Identifier: MIT
# tests/LAYER/test_NAME.c: each is a program over the frame in tests/support.
enable_testing()
plug_need(CMOCKA cmocka libcmocka-dev)
plug_need(JANSSON jansson libjansson-dev)
file(GLOB SUPPORT CONFIGURE_DEPENDS tests/support/*.c)
add_library(t STATIC ${SUPPORT})
target_include_directories(t PUBLIC tests/support src)
target_link_libraries(t PUBLIC plug_flags plug_static PkgConfig::CMOCKA PkgConfig::JANSSON Threads::Threads)

plug_programs(tests tests/*/test_*.c t)
get_property(names GLOBAL PROPERTY plug_tests)
foreach(name ${names})
  add_test(NAME ${name} COMMAND tests_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endforeach()

plug_programs(examples examples/*.c)

# Servers that tests of command lines talk to.
plug_programs(programs tests/programs/*.c t)
