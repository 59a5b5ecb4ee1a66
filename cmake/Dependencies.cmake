# Every dependency is a Debian 12 package; a missing one is named together with the package that brings it.

# triaxis_need(FOUND PACKAGE WHAT): stops with the package's name unless FOUND is true.
function(triaxis_need found package what)
  if(NOT ${found})
    message(FATAL_ERROR "${what} was not found: apt-get install ${package} (or make deps)")
  endif()
endfunction()

find_package(Threads REQUIRED)
find_package(fmt QUIET)
triaxis_need(fmt_FOUND libfmt-dev "fmt")
find_package(spdlog QUIET)
triaxis_need(spdlog_FOUND libspdlog-dev "spdlog")
find_package(nlohmann_json QUIET)
triaxis_need(nlohmann_json_FOUND nlohmann-json3-dev "nlohmann-json")
find_package(tomlplusplus QUIET)
triaxis_need(tomlplusplus_FOUND libtomlplusplus-dev "toml++")
find_package(CLI11 QUIET)
triaxis_need(CLI11_FOUND libcli11-dev "CLI11")
find_path(XXHASH_INCLUDE_DIR xxhash.h)
triaxis_need(XXHASH_INCLUDE_DIR libxxhash-dev "xxHash")
find_package(GTest QUIET)
triaxis_need(GTest_FOUND "libgtest-dev libgmock-dev" "GoogleTest")

set(TRIAXIS_BASE_LIBRARIES spdlog::spdlog nlohmann_json::nlohmann_json tomlplusplus::tomlplusplus CLI11::CLI11
    Threads::Threads)

if(NOT TRIAXIS_PAPER_ONLY)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS CXX)
  triaxis_need(MPI_CXX_FOUND "libopenmpi-dev openmpi-bin" "MPI")
  # Found by hand: Debian's dnnl-config.cmake asks for the OpenCL headers, which a CPU program does not need.
  find_path(DNNL_INCLUDE_DIR dnnl.hpp)
  find_library(DNNL_LIBRARY dnnl)
  if(DNNL_INCLUDE_DIR AND DNNL_LIBRARY)
    add_library(DNNL::dnnl UNKNOWN IMPORTED)
    set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION ${DNNL_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
    set(dnnl_FOUND ON)
  endif()
  triaxis_need(dnnl_FOUND libdnnl-dev "oneDNN")
  find_package(hwy QUIET)
  triaxis_need(hwy_FOUND libhwy-dev "Highway")
  find_package(benchmark QUIET)
  triaxis_need(benchmark_FOUND libbenchmark-dev "Google Benchmark")
endif()
