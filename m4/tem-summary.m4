# SPDX-License-Identifier: MIT
AC_DEFUN([TEM_SUMMARY], [
  AS_ECHO(["
  $PACKAGE_NAME $PACKAGE_VERSION
    prefix        $prefix
    compiler      $CC $CFLAGS
    warnings      errors: $enable_werror
    hardening     $enable_hardening
    sanitizers    $enable_sanitizers
    coverage      $enable_coverage
    collectd      $tem_collectd_summary
    systemd       $tem_systemd_summary
    libdeflate    $tem_libdeflate
    libcurl       $tem_libcurl
    web config    $tem_web_config
    services      $with_service_manager
    unit tests    $tem_check
    system tests  ${PYTHON3:-no (python3 was not found)}
"])
])
