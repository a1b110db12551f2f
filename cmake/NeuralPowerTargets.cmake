# One folder is one library target. `neuralpower_library(network DEPENDS base)` called in
# neuralpower/network/ makes the target neuralpower_network from the folder's *.cc files and, when
# tests are built, neuralpower_network_test from its *_test.cc files. DEPENDS names other folders
# (rungs below only; tests/ladder_test checks the includes), LIBRARIES outside libraries, SUBFOLDERS
# folders whose sources belong to the same target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(neuralpower_options INTERFACE)
target_include_directories(neuralpower_options INTERFACE ${PROJECT_SOURCE_DIR})
# No contraction: a sum must not depend on which loop the compiler found worth fusing.
# No -Wrestrict: g++ 12 reports "const char* + std::string" as overlapping (GCC bug 105329).
target_compile_options(neuralpower_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-restrict -ffp-contract=off
  $<$<BOOL:${NEURALPOWER_WERROR}>:-Werror>)

function(neuralpower_library folder)
  cmake_parse_arguments(ARG "" "" "SUBFOLDERS;DEPENDS;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  file(GLOB test_sources CONFIGURE_DEPENDS *_test.cc)
  foreach(subfolder IN LISTS ARG_SUBFOLDERS)
    file(GLOB more CONFIGURE_DEPENDS ${subfolder}/*.cc)
    file(GLOB more_tests CONFIGURE_DEPENDS ${subfolder}/*_test.cc)
    list(APPEND sources ${more})
    list(APPEND test_sources ${more_tests})
  endforeach()
  if(test_sources)
    list(REMOVE_ITEM sources ${test_sources})
  endif()
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  set(target neuralpower_${folder})
  add_library(${target} STATIC ${sources})
  set(folders ${ARG_DEPENDS})
  list(TRANSFORM folders PREPEND neuralpower_)
  target_link_libraries(${target} PUBLIC ${folders} PRIVATE neuralpower_options ${ARG_LIBRARIES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  if(NEURALPOWER_BUILD_TESTS AND test_sources)
    add_executable(${target}_test ${test_sources})
    target_link_libraries(${target}_test PRIVATE
      ${target} neuralpower_options ${ARG_LIBRARIES} ${ARG_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${target}_test PRIVATE
      NEURALPOWER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    # What a test itself does is little: compiling it fast is worth more.
    target_compile_options(${target}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    gtest_discover_tests(${target}_test TEST_PREFIX ${folder}. PROPERTIES TIMEOUT 300
      DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
