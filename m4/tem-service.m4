# SPDX-License-Identifier: MIT
# Which service manager -svc talks to.
AC_DEFUN([TEM_SERVICE], [
  AC_REQUIRE([AC_CANONICAL_HOST])
  AC_ARG_WITH([service-manager],
    [AS_HELP_STRING([--with-service-manager=NAME], [service manager for -svc: systemd or launchd @<:@the system's@:>@])],
    [], [with_service_manager=auto])
  AS_IF([test "x$with_service_manager" = xauto],
    [AS_CASE([$host_os],
      [darwin*], [with_service_manager=launchd],
      [mingw*], [with_service_manager=windows],
      [with_service_manager=systemd])])
  AS_CASE([$with_service_manager], [systemd|launchd|windows], [],
    [AC_MSG_ERROR([--with-service-manager=$with_service_manager: allowed: systemd, launchd])])
  AM_CONDITIONAL([SERVICE_LAUNCHD], [test "x$with_service_manager" = xlaunchd])
])
