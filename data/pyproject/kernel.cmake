# Written by kernel-builder create-pyproject. CMakeLists.txt includes this, calls kernel_section() for each section of build.toml that is
# compiled, and kernel_finish() last.
#
#   -DPython3_EXECUTABLE=FILE     the Python whose torch to build for
#   -DKERNEL_BACKEND=cpu|cuda     default: the torch's, if the kernel has it
#   -DKERNEL_ALL_CAPABILITIES=ON  sections without cuda-capabilities: for all usual GPUs, not for the one at hand
#   -DKERNEL_CAPABILITIES=9.0     of each section, only what serves these GPUs
#   -DKERNEL_COMPILER_CACHE=OFF   do not use sccache or ccache

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_SKIP_RPATH ON)
option(KERNEL_ALL_CAPABILITIES "Compile for all usual GPUs where build.toml names none" "$ENV{KERNEL_ALL_CAPABILITIES}")
set(KERNEL_CAPABILITIES "" CACHE STRING "Compile for these GPUs only, such as 8.0;9.0; empty: for all of build.toml")
option(KERNEL_COMPILER_CACHE "Use sccache or ccache when there is one" ON)

if(POLICY CMP0094)
  cmake_policy(SET CMP0094 NEW)
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(_kernel_tool "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_LIST_DIR}/kernel_tool.py")

# What torch is. Asked at each configuration.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/kernel.json" "${CMAKE_CURRENT_LIST_DIR}/kernel_tool.py")
execute_process(COMMAND ${_kernel_tool} facts "${CMAKE_BINARY_DIR}/kernel-facts.cmake"
  RESULT_VARIABLE _kernel_status ERROR_VARIABLE _kernel_error)
if(NOT _kernel_status EQUAL 0)
  message(FATAL_ERROR "${_kernel_error}")
endif()
include("${CMAKE_BINARY_DIR}/kernel-facts.cmake")

# The backend.
set(KERNEL_BACKEND "" CACHE STRING "cpu or cuda; empty: the torch's, if the kernel has it")
set(_kernel_backend "${KERNEL_BACKEND}")
if(NOT _kernel_backend)
  if(TORCH_CUDA AND "cuda" IN_LIST KERNEL_COMPILED)
    set(_kernel_backend cuda)
  elseif(TORCH_HIP AND NOT "cpu" IN_LIST KERNEL_COMPILED)
    message(FATAL_ERROR "This torch is for ROCm; generated projects build the backends cpu and cuda.")
  else()
    set(_kernel_backend cpu)
  endif()
endif()
if(NOT "${_kernel_backend}" IN_LIST KERNEL_COMPILED)
  message(FATAL_ERROR "The kernel has no code for the backend ${_kernel_backend}: build.toml has sections for ${KERNEL_COMPILED}.")
endif()
if(_kernel_backend STREQUAL "cuda" AND NOT TORCH_CUDA)
  message(FATAL_ERROR "Torch ${TORCH_VERSION} of ${Python3_EXECUTABLE} is without CUDA.")
endif()

# VERSION by its first two numbers.
function(_kernel_minor version out)
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" minor "${version}")
  set(${out} "${minor}" PARENT_SCOPE)
endfunction()
function(_kernel_check what version min max)
  _kernel_minor("${version}" minor)
  if(min AND minor VERSION_LESS min)
    message(FATAL_ERROR "${what} version ${version} is too old. Minimum required version is ${min}.")
  endif()
  if(max AND minor VERSION_GREATER max)
    message(FATAL_ERROR "${what} version ${version} is too new. Maximum supported version is ${max}.")
  endif()
endfunction()

_kernel_check(Torch "${TORCH_VERSION}" "${KERNEL_TORCH_MINVER}" "${KERNEL_TORCH_MAXVER}")
set(_kernel_stable "${KERNEL_STABLE_ABI_${_kernel_backend}}")
if(_kernel_stable)
  _kernel_check(Torch "${TORCH_VERSION}" "${_kernel_stable}" "")
endif()
if(TORCH_VERSION VERSION_LESS 2.12)
  set(_kernel_standard 17)
else()
  set(_kernel_standard 20)
endif()

# A compiler cache, unless the user names a launcher.
if(KERNEL_COMPILER_CACHE)
  find_program(KERNEL_CACHE_PROGRAM NAMES sccache ccache)
  foreach(_kernel_language CXX CUDA)
    if(KERNEL_CACHE_PROGRAM AND NOT DEFINED CMAKE_${_kernel_language}_COMPILER_LAUNCHER
       AND NOT DEFINED ENV{CMAKE_${_kernel_language}_COMPILER_LAUNCHER})
      set(CMAKE_${_kernel_language}_COMPILER_LAUNCHER "${KERNEL_CACHE_PROGRAM}")
      message(STATUS "${_kernel_language} compiler is called through ${KERNEL_CACHE_PROGRAM}")
    endif()
  endforeach()
endif()

# nvcc: the user's choice, then where torch looks for it, then this Python's wheels.
set(_kernel_cuda "")
if(_kernel_backend STREQUAL "cuda")
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(KERNEL_NVCC nvcc
      HINTS "$ENV{CUDA_HOME}/bin" "$ENV{CUDA_PATH}/bin"
      PATHS /usr/local/cuda/bin ${NVIDIA_FOLDERS}
      PATH_SUFFIXES bin)
    if(NOT KERNEL_NVCC)
      message(FATAL_ERROR "nvcc was not found: set CUDA_HOME or CUDACXX, install the nvidia-cuda-nvcc wheels, "
        "or build the kernel's CPU code with -DKERNEL_BACKEND=cpu.")
    endif()
    set(CMAKE_CUDA_COMPILER "${KERNEL_NVCC}")
  endif()
  if(NOT CMAKE_CUDA_HOST_COMPILER AND NOT DEFINED ENV{CUDAHOSTCXX})
    set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}")
  endif()
  # Each section says for which GPUs; and nothing is linked but what kernel_finish() names.
  set(CMAKE_CUDA_ARCHITECTURES OFF)
  set(CMAKE_CUDA_RUNTIME_LIBRARY None)
  # CMake tries the compiler with a program, which with some releases of CUDA (12.4) needs the runtime. That is found below.
  set(_kernel_flags "${CMAKE_EXE_LINKER_FLAGS}")
  string(APPEND CMAKE_EXE_LINKER_FLAGS " -Wl,--unresolved-symbols=ignore-all")
  enable_language(CUDA)
  set(CMAKE_EXE_LINKER_FLAGS "${_kernel_flags}")
  _kernel_minor("${CMAKE_CUDA_COMPILER_VERSION}" _kernel_cuda)
  _kernel_check(CUDA "${_kernel_cuda}" "${KERNEL_CUDA_MINVER}" "${KERNEL_CUDA_MAXVER}")
  string(REGEX MATCH "^[0-9]+" _kernel_major "${_kernel_cuda}")
  if(NOT TORCH_CUDA MATCHES "^${_kernel_major}\\.")
    message(FATAL_ERROR "nvcc is of CUDA ${_kernel_cuda}, torch ${TORCH_VERSION} of CUDA ${TORCH_CUDA}: "
      "their first numbers must be equal.")
  endif()
  get_filename_component(_kernel_cuda_home "${CMAKE_CUDA_COMPILER}" REALPATH)
  get_filename_component(_kernel_cuda_home "${_kernel_cuda_home}/../.." ABSOLUTE)
  find_library(KERNEL_CUDART
    NAMES libcudart.so libcudart.so.${_kernel_major} libcudart.so.11.0 NAMES_PER_DIR
    PATHS "${_kernel_cuda_home}" ${CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES} ${NVIDIA_FOLDERS}
    PATH_SUFFIXES lib64 lib targets/x86_64-linux/lib
    NO_DEFAULT_PATH)
  if(NOT KERNEL_CUDART)
    message(FATAL_ERROR "libcudart.so.${_kernel_major} was not found; name it with -DKERNEL_CUDART=FILE.")
  endif()
endif()

# Names.
set(KERNEL_OPS "_${KERNEL_MODULE}_${_kernel_backend}_${KERNEL_ID}")
string(REGEX REPLACE "^([0-9]+)\\.([0-9]+).*" "\\1\\2" _kernel_torch "${TORCH_VERSION}")
string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}-${CMAKE_SYSTEM_NAME}" _kernel_system)
if(_kernel_backend STREQUAL "cuda")
  string(REPLACE "." "" _kernel_compute "cu${_kernel_cuda}")
else()
  set(_kernel_compute cpu)
endif()
if(_kernel_stable)
  string(REPLACE "." "" KERNEL_VARIANT "torch-stable-abi${_kernel_stable}-${_kernel_compute}-${_kernel_system}")
elseif(TORCH_CXX11)
  set(KERNEL_VARIANT "torch${_kernel_torch}-cxx11-${_kernel_compute}-${_kernel_system}")
else()
  set(KERNEL_VARIANT "torch${_kernel_torch}-cxx98-${_kernel_compute}-${_kernel_system}")
endif()
message(STATUS "Variant: ${KERNEL_VARIANT}")
file(WRITE "${CMAKE_BINARY_DIR}/kernel-variant" "${KERNEL_VARIANT}")

# What every compiler is told.
set(_kernel_definitions
  TORCH_EXTENSION_NAME=${KERNEL_OPS}
  Py_LIMITED_API=0x03090000
  _GLIBCXX_USE_CXX11_ABI=${TORCH_CXX11})
if(_kernel_backend STREQUAL "cuda")
  list(APPEND _kernel_definitions USE_CUDA=1 CUDA_KERNEL)
else()
  list(APPEND _kernel_definitions CPU_KERNEL)
endif()
if(_kernel_stable)
  string(REGEX MATCH "^([0-9]+)\\.([0-9]+)" _ "${_kernel_stable}")
  math(EXPR _kernel_target "(${CMAKE_MATCH_1} << 56) | (${CMAKE_MATCH_2} << 48)" OUTPUT_FORMAT HEXADECIMAL)
  list(APPEND _kernel_definitions TORCH_TARGET_VERSION=${_kernel_target})
endif()
include(CheckCXXCompilerFlag)
# Equal statics of two kernels in one process must stay apart.
check_cxx_compiler_flag(-fno-gnu-unique KERNEL_HAS_NO_GNU_UNIQUE)

# Words -> one option that CMake neither splits, sorts nor thins out.
function(_kernel_words out)
  set(text "")
  foreach(word IN LISTS ARGN)
    string(REPLACE "\\" "\\\\" word "${word}")
    string(REPLACE "\"" "\\\"" word "${word}")
    string(APPEND text " \"${word}\"")
  endforeach()
  if(text)
    string(SUBSTRING "${text}" 1 -1 text)
    set(text "SHELL:${text}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The version of a tree of CUTLASS. Releases before 3.0 have it in their project alone.
function(_kernel_cutlass_version include out)
  set(found)
  if(EXISTS "${include}/cutlass/version.h")
    file(READ "${include}/cutlass/version.h" text)
    string(REGEX MATCH "CUTLASS_MAJOR +([0-9]+)" _ "${text}")
    set(found "${CMAKE_MATCH_1}")
    string(REGEX MATCH "CUTLASS_MINOR +([0-9]+)" _ "${text}")
    set(found "${found}.${CMAKE_MATCH_1}")
  elseif(EXISTS "${include}/../CMakeLists.txt")
    file(READ "${include}/../CMakeLists.txt" text)
    string(REGEX MATCH "project\\(CUTLASS VERSION ([0-9]+\\.[0-9]+)" _ "${text}")
    set(found "${CMAKE_MATCH_1}")
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# CUTLASS: headers only, from the kernel's CUTLASS_DIR, or this Python's nvidia-cutlass.
function(_kernel_find_cutlass version out)
  find_path(KERNEL_CUTLASS_INCLUDE NAMES cutlass/version.h cutlass/cutlass.h
    HINTS "${CUTLASS_DIR}" "$ENV{CUTLASS_DIR}" "${CUTLASS_SRC_DIR}" "$ENV{CUTLASS_SRC_DIR}"
    PATHS "${TORCH_LIB}/../../cutlass_library/source"
    PATH_SUFFIXES include)
  if(NOT KERNEL_CUTLASS_INCLUDE)
    message(FATAL_ERROR "The kernel needs the headers of CUTLASS ${version}: set CUTLASS_DIR to a checkout.")
  endif()
  _kernel_cutlass_version("${KERNEL_CUTLASS_INCLUDE}" found)
  if(NOT "${found}" VERSION_EQUAL version)
    message(FATAL_ERROR "${KERNEL_CUTLASS_INCLUDE} has CUTLASS ${found}, the kernel needs ${version}.")
  endif()
  set(${out} "${KERNEL_CUTLASS_INCLUDE}" "${KERNEL_CUTLASS_INCLUDE}/../tools/util/include" PARENT_SCOPE)
endfunction()

function(_kernel_target name)
  cmake_parse_arguments(PARSE_ARGV 1 K "" "" "SOURCES;INCLUDES;SYSTEM;OPTIONS;PROPERTIES")
  add_library(${name} OBJECT ${K_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON ${K_PROPERTIES})
  target_compile_definitions(${name} PRIVATE ${_kernel_definitions})
  target_include_directories(${name} PRIVATE ${K_INCLUDES} "${KERNEL_ROOT}/${KERNEL_PYROOT}")
  if(NOT KERNEL_ROOT STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/${KERNEL_PYROOT}")
  endif()
  target_include_directories(${name} SYSTEM PRIVATE ${K_SYSTEM} ${TORCH_INCLUDES} "${PYTHON_INCLUDE}")
  target_compile_options(${name} PRIVATE ${K_OPTIONS})
  set_property(GLOBAL APPEND PROPERTY KERNEL_OBJECTS "$<TARGET_OBJECTS:${name}>")
endfunction()

# Sets out to the GPUs that a section is compiled for.
function(_kernel_capabilities section out)
  set(gpu "")
  if(NOT KERNEL_ALL_CAPABILITIES AND NOT KERNEL_CAPABILITIES AND NOT ARGN)
    set(gpu "${TORCH_GPU}")
    if(NOT gpu)
      message(STATUS "Section ${section}: no GPU is at hand and build.toml has no cuda-capabilities: compiling for all usual ones")
    endif()
  endif()
  execute_process(COMMAND ${_kernel_tool} capabilities --gpu=${gpu} "--only=${KERNEL_CAPABILITIES}" ${_kernel_cuda} ${ARGN}
    OUTPUT_VARIABLE found ERROR_VARIABLE notes RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${notes}")
  elseif(notes)
    message(STATUS "Section ${section}: ${notes}")
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# One section of build.toml: its sources are compiled with its flags. Without BACKEND: for each.
function(kernel_section name)
  cmake_parse_arguments(PARSE_ARGV 1 K "" "BACKEND;CUDA_MINVER;CUTLASS"
    "SOURCES;INCLUDES;CXX_FLAGS;CUDA_FLAGS;CAPABILITIES")
  if(K_BACKEND AND NOT K_BACKEND STREQUAL _kernel_backend)
    return()
  endif()
  if(K_CUDA_MINVER AND _kernel_cuda VERSION_LESS K_CUDA_MINVER)
    message(STATUS "Section ${name} is left out: it needs CUDA ${K_CUDA_MINVER}")
    return()
  endif()
  if(K_BACKEND STREQUAL "cuda")
    _kernel_capabilities("${name}" capabilities ${K_CAPABILITIES})
    if(NOT capabilities)
      message(WARNING "CUDA kernel: ${name}, empty set of capabilities after intersection (kernel: ${K_CAPABILITIES}); it is left out.")
      return()
    endif()
    set_property(GLOBAL APPEND PROPERTY KERNEL_ARCHS ${capabilities})
  endif()
  if(K_BACKEND)
    set_property(GLOBAL APPEND PROPERTY KERNEL_SECTIONS "${name}")
  endif()

  set(system "")
  if(K_CUTLASS)
    _kernel_find_cutlass(${K_CUTLASS} system)
  endif()
  list(TRANSFORM K_SOURCES PREPEND "${KERNEL_ROOT}/")
  list(TRANSFORM K_INCLUDES PREPEND "${KERNEL_ROOT}/")
  set(cuda_sources ${K_SOURCES})
  list(FILTER cuda_sources INCLUDE REGEX "\\.cu$")
  list(FILTER K_SOURCES EXCLUDE REGEX "\\.cu$")
  get_property(index GLOBAL PROPERTY KERNEL_INDEX)
  math(EXPR index "${index} + 1")
  set_property(GLOBAL PROPERTY KERNEL_INDEX ${index})

  if(K_SOURCES)
    set(c_sources ${K_SOURCES})
    list(FILTER c_sources INCLUDE REGEX "\\.c$")
    set_source_files_properties(${c_sources} PROPERTIES LANGUAGE CXX)
    _kernel_words(options ${K_CXX_FLAGS})
    if(KERNEL_HAS_NO_GNU_UNIQUE)
      list(PREPEND options -fno-gnu-unique)
    endif()
    set(toolkit "")
    if(_kernel_backend STREQUAL "cuda")
      set(toolkit ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
    endif()
    _kernel_target(kernel_${index}_cxx SOURCES ${K_SOURCES} INCLUDES ${K_INCLUDES} SYSTEM ${system} ${toolkit}
      OPTIONS "${options}" PROPERTIES CXX_STANDARD ${_kernel_standard} CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  endif()
  if(cuda_sources)
    # Not by CUDA_STANDARD: older CMakes do not know what newer nvccs can.
    set(options -std=c++${_kernel_standard} --expt-relaxed-constexpr --expt-extended-lambda -DENABLE_FP8)
    if(KERNEL_HAS_NO_GNU_UNIQUE)
      list(APPEND options "SHELL:-Xcompiler -fno-gnu-unique")
    endif()
    if(DEFINED ENV{NVCC_THREADS})
      list(APPEND options --threads=$ENV{NVCC_THREADS})
    endif()
    foreach(capability IN LISTS capabilities)
      string(REGEX MATCH "^([0-9]+)\\.([0-9]+[af]?)(.*)" _ "${capability}")
      set(gpu "${CMAKE_MATCH_1}${CMAKE_MATCH_2}")
      list(APPEND options "SHELL:-gencode arch=compute_${gpu},code=sm_${gpu}")
      if(CMAKE_MATCH_3 STREQUAL "+PTX")
        list(APPEND options "SHELL:-gencode arch=compute_${gpu},code=compute_${gpu}")
      endif()
    endforeach()
    if(_kernel_cuda VERSION_LESS 12.8)
      list(FILTER K_CUDA_FLAGS EXCLUDE REGEX "^--?static-global-template-stub")
    endif()
    _kernel_words(words ${K_CUDA_FLAGS})
    list(APPEND options ${words})
    _kernel_target(kernel_${index}_cuda SOURCES ${cuda_sources} INCLUDES ${K_INCLUDES} SYSTEM ${system} OPTIONS "${options}")
  endif()
endfunction()

# The library, and the variant's directory with it.
function(kernel_finish)
  get_property(sections GLOBAL PROPERTY KERNEL_SECTIONS)
  if(NOT sections)
    message(FATAL_ERROR "No section of build.toml is left for ${KERNEL_VARIANT}.")
  endif()
  get_property(objects GLOBAL PROPERTY KERNEL_OBJECTS)
  get_property(archs GLOBAL PROPERTY KERNEL_ARCHS)
  set(libraries torch torch_cpu)
  if(_kernel_backend STREQUAL "cuda")
    list(APPEND libraries torch_cuda c10_cuda)
  endif()
  list(APPEND libraries c10)
  list(TRANSFORM libraries REPLACE "(.+)" "${TORCH_LIB}/lib\\1.so")
  if(_kernel_backend STREQUAL "cuda")
    list(APPEND libraries "${KERNEL_CUDART}")
  endif()

  add_library(kernel_extension MODULE ${objects})
  set_target_properties(kernel_extension PROPERTIES
    LINKER_LANGUAGE CXX CUDA_RUNTIME_LIBRARY None CUDA_RESOLVE_DEVICE_SYMBOLS OFF
    PREFIX "" OUTPUT_NAME ${KERNEL_OPS} SUFFIX .abi3.so
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
  target_link_libraries(kernel_extension PRIVATE ${libraries})

  set(out "${CMAKE_BINARY_DIR}/${KERNEL_VARIANT}")
  set(toolchain --toolchain "torch=${TORCH_VERSION}" --toolchain "compiler=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  if(_kernel_cuda)
    list(APPEND toolchain --toolchain "cuda=${_kernel_cuda}")
  endif()
  add_custom_target(kernel_variant ALL
    COMMAND ${_kernel_tool} variant --backend ${_kernel_backend} --out "${out}" --library "$<TARGET_FILE:kernel_extension>"
      "--archs=${archs}" "--only=${KERNEL_CAPABILITIES}" ${toolchain}
    DEPENDS kernel_extension VERBATIM)
  add_custom_target(local_install
    COMMAND ${_kernel_tool} publish "${out}"
    DEPENDS kernel_variant VERBATIM)
  add_dependencies(kernel_variant kernel_extension)
  add_dependencies(local_install kernel_variant)
  install(DIRECTORY "${out}/" DESTINATION "${KERNEL_VARIANT}" USE_SOURCE_PERMISSIONS)
endfunction()
