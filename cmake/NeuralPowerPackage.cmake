# What is installed: the program, the shared library with its headers and CMake package, the Python
# module, device models, examples, manual pages and completions; and the Debian packages of it.
#
# The shared library is linked from the objects that the program is made of. It shows what
# neuralpower/neuralpower.h declares, and nothing else (the list below; tests/package_test.py holds
# it against the headers).
include(GNUInstallDirs)

set(public_headers
  neuralpower.h
  api/cross_validation.h api/device.h api/inputs.h api/measuring.h api/version.h
  base/error.h base/units.h
  decide/candidate.h decide/layer_cost.h decide/rank.h
  importers/import_options.h
  model/prediction/prediction.h model/prediction/prepared_network.h model/training/evaluation.h model/training/options.h
  network/layer_config.h network/layer_text.h network/modes.h network/network.h network/op.h
  network/shape.h network/work.h
  regression/error_metrics.h
  samples/sample.h)
set(public_functions
  cross_validate?std::vector shipped_device_names predict_analytically read_samples read_network network_of_layers
  layers_to_measure leave_out measure version usage_error bad_input environment_error
  read_candidates_csv read_errors_csv checked_error_rate to_candidate broken_limit rank pareto_front
  add_up make_layer_config parse_layer format_layer total_work is_free kind_of bytes_per_element
  to_string?neuralpower::DataType parse_data_type count_work error_metrics reduce_repetitions)
set(public_classes Device Error Network PreparedNetwork Shape)

set(version_script ${PROJECT_BINARY_DIR}/neuralpower.map)
set(patterns "")
foreach(name IN LISTS public_functions)
  string(APPEND patterns "    neuralpower::${name}[^a-z_]*;\n") # "(", or "[abi:cxx11]("
endforeach()
foreach(name IN LISTS public_classes)
  string(APPEND patterns "    neuralpower::${name}::*;\n    typeinfo?for?neuralpower::${name};\n"
    "    typeinfo?name?for?neuralpower::${name};\n    vtable?for?neuralpower::${name};\n")
endforeach()
file(CONFIGURE OUTPUT ${version_script} CONTENT
  "NEURALPOWER_${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} {\n  global:\n  extern \"C++\" {\n${patterns}  };\n  local: *;\n};\n")

set(objects "")
foreach(folder IN ITEMS api decide model importers samples regression network base)
  list(APPEND objects $<TARGET_OBJECTS:neuralpower_${folder}>)
endforeach()
add_library(neuralpower_shared SHARED ${objects})
add_library(NeuralPower::neuralpower ALIAS neuralpower_shared)
# Until version 1 a minor version may change the binary interface.
set_target_properties(neuralpower_shared PROPERTIES OUTPUT_NAME neuralpower EXPORT_NAME neuralpower
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/library LINK_DEPENDS ${version_script})
target_link_libraries(neuralpower_shared PRIVATE neuralpower_api)
target_link_options(neuralpower_shared PRIVATE -Wl,--version-script=${version_script} -Wl,--as-needed
                    -Wl,--no-undefined)
target_include_directories(neuralpower_shared INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(neuralpower_shared INTERFACE cxx_std_20)

# Manual pages and completions, by the program itself.
set(generated ${PROJECT_BINARY_DIR}/share)
add_custom_command(OUTPUT ${generated}/man/man1/neuralpower.1
  COMMAND neuralpower manual --quiet -o ${generated}/man/man1
  COMMAND neuralpower completion bash > ${generated}/bash-completion/completions/neuralpower
  COMMAND neuralpower completion zsh > ${generated}/zsh/vendor-completions/_neuralpower
  COMMAND neuralpower completion fish > ${generated}/fish/vendor_completions.d/neuralpower.fish
  DEPENDS neuralpower VERBATIM)
file(MAKE_DIRECTORY ${generated}/bash-completion/completions ${generated}/zsh/vendor-completions
     ${generated}/fish/vendor_completions.d)
add_custom_target(neuralpower_manual ALL DEPENDS ${generated}/man/man1/neuralpower.1)

# --- what goes where -------------------------------------------------------------------------------
set(data ${CMAKE_INSTALL_DATADIR}/neuralpower)
set(cmake_package ${CMAKE_INSTALL_LIBDIR}/cmake/NeuralPower)
install(TARGETS neuralpower COMPONENT program)
install(TARGETS neuralpower_shared EXPORT NeuralPowerTargets
        LIBRARY COMPONENT program NAMELINK_COMPONENT development)
install(DIRECTORY devices DESTINATION ${data} COMPONENT program)
install(DIRECTORY ${generated}/neuralpower/explorer DESTINATION ${data} COMPONENT program OPTIONAL)
install(DIRECTORY examples/networks examples/plans examples/spaces DESTINATION ${data}/examples COMPONENT program)
install(DIRECTORY ${generated}/man ${generated}/bash-completion ${generated}/zsh ${generated}/fish
        DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT program)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program
        FILES_MATCHING PATTERN "*.md" PATTERN "*.json")

foreach(header IN LISTS public_headers)
  get_filename_component(folder neuralpower/${header} DIRECTORY)
  install(FILES neuralpower/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder}
          COMPONENT development)
endforeach()
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/NeuralPowerConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
file(WRITE ${PROJECT_BINARY_DIR}/NeuralPowerConfig.cmake
     "include(\${CMAKE_CURRENT_LIST_DIR}/NeuralPowerTargets.cmake)\n")
install(FILES ${PROJECT_BINARY_DIR}/NeuralPowerConfig.cmake
              ${PROJECT_BINARY_DIR}/NeuralPowerConfigVersion.cmake
        DESTINATION ${cmake_package} COMPONENT development)
install(EXPORT NeuralPowerTargets NAMESPACE NeuralPower:: DESTINATION ${cmake_package}
        COMPONENT development)
install(DIRECTORY examples/cplusplus DESTINATION ${data}/examples COMPONENT development)

if(TARGET neuralpower_python)
  set(NEURALPOWER_PYTHON_DESTINATION lib/python3/dist-packages CACHE STRING
      "Where the Python module is installed below the prefix")
  install(TARGETS neuralpower_python neuralpower_python_measuring
          LIBRARY DESTINATION ${NEURALPOWER_PYTHON_DESTINATION}/neuralpower COMPONENT python)
  install(DIRECTORY python/neuralpower DESTINATION ${NEURALPOWER_PYTHON_DESTINATION} COMPONENT python
          FILES_MATCHING PATTERN "*.py" PATTERN "*.pyi" PATTERN "py.typed")
  install(DIRECTORY examples/python DESTINATION ${data}/examples COMPONENT python
          PATTERN "__pycache__" EXCLUDE)
endif()

# --- the Debian packages ---------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "NeuralPower developers <neuralpower@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_BINARY_DIR}/packages)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL program development)
if(TARGET neuralpower_python)
  list(APPEND CPACK_COMPONENTS_ALL python)
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME neuralpower)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libneuralpower-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "neuralpower (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-neuralpower)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "neuralpower (= ${PROJECT_VERSION}), python3 (>= ${NEURALPOWER_PYTHON_VERSION}), python3 (<< ${NEURALPOWER_PYTHON_VERSION}.99), python3-numpy")
set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS "python3-pandas, python3-tqdm")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/python/postinst
    ${PROJECT_SOURCE_DIR}/cmake/python/prerm)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${PROJECT_DESCRIPTION}
 Measures layers, learns models of runtime and power, predicts and ranks networks.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "${PROJECT_DESCRIPTION} (C++ library)
 Headers and CMake package: find_package(NeuralPower).")
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "${PROJECT_DESCRIPTION} (Python module)
 NumPy arrays and pandas data frames in and out.")
include(CPack)
