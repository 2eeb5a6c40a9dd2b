# Run by CPack over the staged files: what Debian's policy wants otherwise than "cmake --install" does it.
set(usr "${CPACK_TEMPORARY_DIRECTORY}/usr")
set(documents "${usr}/share/doc/voip-qosd")

file(RENAME "${documents}/CHANGELOG.md" "${documents}/changelog")
file(COPY_FILE "${CPACK_VOIP_SOURCE}/integrations/debian/changelog" "${documents}/changelog.Debian")
file(COPY_FILE "${CPACK_VOIP_SOURCE}/integrations/debian/copyright" "${documents}/copyright")
file(MAKE_DIRECTORY "${usr}/share/lintian/overrides")
file(COPY_FILE "${CPACK_VOIP_SOURCE}/integrations/debian/lintian-overrides" "${usr}/share/lintian/overrides/voip-qosd")
# What the compiler says of itself.
execute_process(COMMAND "${CPACK_VOIP_STRIP}" --strip-all --remove-section=.comment --remove-section=.note "${usr}/sbin/voip-qosd"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND gzip -9n "${documents}/changelog" "${documents}/changelog.Debian" "${usr}/share/man/man8/voip-qosd.8"
                COMMAND_ERROR_IS_FATAL ANY)
