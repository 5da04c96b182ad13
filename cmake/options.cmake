# Interface targets that every target of ours links: project_options (sanitizers, hardening) and
# project_warnings. Third-party headers are SYSTEM and so outside the warnings.

add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: raised inside std::string for "text" + std::string at -O3.
  target_compile_options(project_warnings INTERFACE -Wno-restrict)
endif()
if(SPARK_EXPORTER_WERROR)
  target_compile_options(project_warnings INTERFACE -Werror)
endif()

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
if(SPARK_EXPORTER_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${SPARK_EXPORTER_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=${SPARK_EXPORTER_SANITIZE})
  if(SPARK_EXPORTER_SANITIZE STREQUAL "thread")
    # Asio has fences, which GCC's ThreadSanitizer does not follow; its queues are under mutexes, which it does.
    target_compile_options(project_options INTERFACE -Wno-tsan)
  endif()
elseif(SPARK_EXPORTER_FUZZ)
  target_compile_options(project_options INTERFACE -fsanitize=address,undefined,fuzzer-no-link
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=address,undefined)
elseif(SPARK_EXPORTER_COVERAGE)
  target_compile_options(project_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(project_options INTERFACE -fprofile-instr-generate)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Hardening as Debian does it, and the library's cheap assertions.
  target_compile_options(project_options INTERFACE
    -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -ffunction-sections -fdata-sections)
  target_link_options(project_options INTERFACE -pie -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
