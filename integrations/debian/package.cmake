# The Debian package, by CPack; scripts/package deb makes it. VOIP_PACKAGE_ARCHITECTURE is Debian's name of what is built for.
if(NOT VOIP_PACKAGE_ARCHITECTURE)
  return()
endif()

# Debian's version and maintainer stand in its changelog.
file(STRINGS debian/changelog changelog)
string(REGEX MATCH "^voip-qosd \\(([^)]+)-[^-)]+\\)" first "${changelog}")
if(NOT CMAKE_MATCH_1 STREQUAL PROJECT_VERSION)
  message(FATAL_ERROR "integrations/debian/changelog begins with version ${CMAKE_MATCH_1}, the project is at ${PROJECT_VERSION}")
endif()
string(REGEX MATCH "-([^-)]+)\\)" first "${changelog}")
set(CPACK_DEBIAN_PACKAGE_RELEASE "${CMAKE_MATCH_1}")
string(REGEX MATCH "; -- ([^;]+)  " first "${changelog}")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${CMAKE_MATCH_1}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME voip-qosd)
set(CPACK_PACKAGE_VENDOR voip-qosd)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
# The configuration goes to /etc, which only DESTDIR keeps from being that of this machine.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_SOURCE_DIR}/debian/finish.cmake")
set(CPACK_VOIP_SOURCE "${PROJECT_SOURCE_DIR}")
set(CPACK_VOIP_STRIP "${CMAKE_STRIP}")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "${VOIP_PACKAGE_ARCHITECTURE}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# tc, ip and nft are what the actuators run; one that only watches needs none of them.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "iproute2, nftables, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "mosquitto")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "switches QoS on while somebody is on a call")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "voip-qosd is a daemon for home routers. It recognises a call from the
counters of the kernel's connection table alone, without a look into any
packet, switches QoS on for the call and off after it, and shows it all, and
takes orders, over MQTT and in Home Assistant.

As it is installed it watches and changes nothing; what is to be switched is
set in /etc/voip-qosd/voip-qosd.toml.")
set(folder "${CMAKE_CURRENT_SOURCE_DIR}/debian")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${folder}/conffiles;${folder}/postinst;${folder}/prerm;${folder}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
