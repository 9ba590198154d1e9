# SPDX-License-Identifier: MIT
# tests/LAYER/test_NAME.c: each is a program over the frame in tests/support.
enable_testing()
plug_need(CMOCKA cmocka libcmocka-dev)
plug_need(JANSSON jansson libjansson-dev)
file(GLOB SUPPORT CONFIGURE_DEPENDS tests/support/*.c)
add_library(t STATIC ${SUPPORT})
target_include_directories(t PUBLIC tests/support src)
target_link_libraries(t PUBLIC plug_flags plug_command plug_static PkgConfig::CMOCKA PkgConfig::JANSSON Threads::Threads)

plug_programs(tests tests/*/test_*.c t)
get_property(names GLOBAL PROPERTY plug_tests)
foreach(name ${names})
  add_test(NAME ${name} COMMAND tests_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endforeach()

# tests/test_fuzz_NAME: the fuzz target fuzz/fuzz_NAME.c over its corpus, without a fuzzer.
file(GLOB FUZZERS CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(source ${FUZZERS})
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE fuzz_ "" corpus ${name})
  add_executable(replay_${name} ${source} fuzz/replay.c)
  target_compile_definitions(replay_${name} PRIVATE FUZZ_CORPUS="${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${corpus}")
  target_link_libraries(replay_${name} PRIVATE plug_flags plug_command plug_static m)
  set_target_properties(replay_${name} PROPERTIES OUTPUT_NAME test_${name} RUNTIME_OUTPUT_DIRECTORY tests)
  add_test(NAME test_${name} COMMAND replay_${name})
endforeach()

plug_programs(examples examples/*.c)

# Servers that tests of command lines talk to.
plug_programs(programs tests/programs/*.c t)
