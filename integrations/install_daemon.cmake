# Included by cmake_install.cmake: what is known at the time of installing only. VOIP_SOURCE and VOIP_SBINDIR are set before.
set(readable OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

# The unit names the program where it is: the prefix may be another than that of the build.
cmake_path(ABSOLUTE_PATH VOIP_SBINDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
set(unit "${CMAKE_INSTALL_PREFIX}/lib/systemd/system/voip-qosd.service")
message(STATUS "Installing: $ENV{DESTDIR}${unit}")
configure_file("${VOIP_SOURCE}/integrations/systemd/voip-qosd.service.in" "$ENV{DESTDIR}${unit}" @ONLY FILE_PERMISSIONS ${readable})
list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${unit}")

# Where the daemon looks for its configuration, whatever the prefix. The user's file is never overwritten: if it differs, ours comes
# beside it.
set(ours "${VOIP_SOURCE}/config/voip-qosd.toml")
set(target "$ENV{DESTDIR}/etc/voip-qosd/voip-qosd.toml")
if(EXISTS "${target}")
  message(STATUS "Kept: ${target}")
  execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${ours}" "${target}" RESULT_VARIABLE is_edited ERROR_QUIET)
  string(APPEND target ".new")
endif()
if(is_edited OR NOT DEFINED is_edited)
  message(STATUS "Installing: ${target}")
  file(MAKE_DIRECTORY "$ENV{DESTDIR}/etc/voip-qosd")
  file(COPY_FILE "${ours}" "${target}")
  file(CHMOD "${target}" PERMISSIONS ${readable})
endif()
