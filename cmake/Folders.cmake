# One library and one test program a folder of src/, linked in the order of the map, so that a folder can link only against
# those above it.

set(TRIAXIS_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wunused -Werror)

add_library(triaxis_flags INTERFACE)
target_include_directories(triaxis_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(triaxis_flags INTERFACE ${TRIAXIS_WARNINGS})
# Contraction into fused multiply-adds is the compiler's choice, and bits must not depend on it.
target_compile_options(triaxis_flags INTERFACE -ffp-contract=off)
# Bounds checks in the standard containers, wherever speed is not the point.
if(TRIAXIS_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(triaxis_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(TRIAXIS_SANITIZE)
  target_compile_options(triaxis_flags INTERFACE -fsanitize=${TRIAXIS_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  # A null pointer's use ends in a report anyway; these three cost a fifth of the build's time and find little else.
  target_compile_options(triaxis_flags INTERFACE -fno-sanitize=null,vptr,object-size)
  # What sanitizers insert misleads this warning (GCC bug 105562).
  target_compile_options(triaxis_flags INTERFACE -Wno-maybe-uninitialized -Wno-error)
  target_link_options(triaxis_flags INTERFACE -fsanitize=${TRIAXIS_SANITIZE})
endif()

set(TRIAXIS_ABOVE triaxis_flags)

# triaxis_folder(NAME [LIBRARY...]): src/NAME as the library triaxis_NAME and, from its *_test.cc, the program NAME_test.
macro(triaxis_folder name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$")
  if(sources)
    add_library(triaxis_${name} STATIC ${sources})
    target_link_libraries(triaxis_${name} PUBLIC ${TRIAXIS_ABOVE} fmt::fmt PRIVATE ${TRIAXIS_BASE_LIBRARIES})
    target_link_libraries(triaxis_${name} PUBLIC ${ARGN})
  else()
    add_library(triaxis_${name} INTERFACE)
    target_link_libraries(triaxis_${name} INTERFACE ${TRIAXIS_ABOVE} ${ARGN})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE triaxis_${name} ${TRIAXIS_BASE_LIBRARIES} GTest::gmock GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
  set(TRIAXIS_ABOVE triaxis_${name})
endmacro()

macro(triaxis_program)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
    add_executable(triaxis ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
    set_target_properties(triaxis PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    target_link_libraries(triaxis PRIVATE triaxis_cli)
  endif()
endmacro()
