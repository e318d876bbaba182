# What is installed beside the program (man pages, completions of shells), the target `uninstall`, and packages by CPack:
#   cpack -G DEB    cpack -G RPM    cpack -G TGZ          in the build folder
# Pages and completions are written by the program itself, from the declarations that `dnsprobe help` is made of.
set(here ${PROJECT_SOURCE_DIR}/.package)
set(made ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${made})
find_program(GZIP_EXECUTABLE gzip)

# made(FILE WORD...): what `dnsprobe help WORD...` prints
function(dp_made file)
  add_custom_command(
    OUTPUT ${made}/${file}
    COMMAND ${CMAKE_COMMAND} -E env --unset=DNSPROBE_LUA --unset=DNSPROBE_PATH DNSPROBE_CONFIG=
            sh -c "file=$1; shift; \"$@\" >\"$file.part\" && mv \"$file.part\" \"$file\"" sh
            ${made}/${file} $<TARGET_FILE:dnsprobe> help ${ARGN}
    DEPENDS dnsprobe
    WORKING_DIRECTORY ${made}
    COMMENT "Writing ${file}"
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY dp_made_files ${made}/${file})
endfunction()

foreach(page dnsprobe.1 dnsprobe-query.1 dnsprobe-runbook.5)
  string(REGEX REPLACE "\\.([0-9])$" "" name ${page})
  string(REGEX REPLACE "^.*\\." "" section ${page})
  dp_made(${page} man ${name})
  set(file ${made}/${page})
  if(GZIP_EXECUTABLE)
    add_custom_command(OUTPUT ${file}.gz COMMAND ${GZIP_EXECUTABLE} -9nkf ${file} DEPENDS ${file} VERBATIM)
    set(file ${file}.gz)
    set_property(GLOBAL APPEND PROPERTY dp_made_files ${file})
  endif()
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

dp_made(dnsprobe.bash completion bash)
dp_made(_dnsprobe completion zsh)
dp_made(dnsprobe.fish completion fish)
install(FILES ${made}/dnsprobe.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME dnsprobe)
install(FILES ${made}/dnsprobe.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Below /usr, Debian's zsh looks into vendor-completions; elsewhere, and elsewhere than in Debian, it is site-functions.
install(CODE "set(zsh site-functions)
if(EXISTS /etc/debian_version AND \"\${CMAKE_INSTALL_PREFIX}\" STREQUAL \"/usr\" AND NOT \"\$ENV{DESTDIR}\" MATCHES \"/RPM/\")
  set(zsh vendor-completions)
endif()
file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${zsh}\" TYPE FILE
     FILES \"${made}/_dnsprobe\")")

get_property(files GLOBAL PROPERTY dp_made_files)
add_custom_target(pages ALL DEPENDS ${files})
add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
                                    -P ${here}/uninstall.cmake)

# ---- packages ----

set(CPACK_PACKAGE_NAME dnsprobe)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "dnsprobe maintainers")
set(CPACK_PACKAGE_CONTACT "dnsprobe maintainers <dnsprobe@localhost>" CACHE STRING "maintainer of the packages")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "find the DNS fault that hits only some users")
set(CPACK_PACKAGE_DESCRIPTION "dnsprobe asks every party that could be at fault for a DNS failure that
comes and goes, often enough for the rate in question, and says with figures
who is to blame, how sure it is, what to do, and which dig line shows it again.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_SOURCE_IGNORE_FILES "/\\.git/;/build[^/]*/")

set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, libssl3")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_PACKAGE_GROUP Applications/Internet)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /usr/share/man /usr/share/man/man1 /usr/share/man/man5
    /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/fish
    /usr/share/fish/vendor_completions.d /usr/share/zsh /usr/share/zsh/site-functions /usr/share/zsh/vendor-completions)

# What only a package of Debian has: copyright, changelog, and why lintian is told to be quiet about something.
if(GZIP_EXECUTABLE)
  add_custom_command(OUTPUT ${made}/changelog.gz COMMAND sh -c "gzip -9n <\"$1\" >\"$2\"" sh ${here}/changelog
                             ${made}/changelog.gz
                     DEPENDS ${here}/changelog VERBATIM)
  add_custom_target(changelog ALL DEPENDS ${made}/changelog.gz)
  install(FILES ${made}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(CODE "if(\"\${CMAKE_INSTALL_PREFIX}\" STREQUAL \"/usr\" AND NOT \"\$ENV{DESTDIR}\" MATCHES \"/RPM/\")
  file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/lintian/overrides\" TYPE FILE
       FILES \"${here}/lintian/dnsprobe\")
endif()")
include(CPack)
