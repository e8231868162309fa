# SPDX-License-Identifier: MIT
# What a systemd service needs: libsystemd, which reports the program's state, and the unit.
AC_DEFUN([TEM_SYSTEMD], [
  AC_ARG_WITH([systemd],
    [AS_HELP_STRING([--without-systemd], [leave out systemd notifications and the unit])],
    [], [with_systemd=auto])
  AC_ARG_WITH([systemdsystemunitdir],
    [AS_HELP_STRING([--with-systemdsystemunitdir=DIR], [install the unit in DIR @<:@PREFIX/lib/systemd/system@:>@])],
    [AS_CASE([$withval], [yes|no],
      [AC_MSG_ERROR([--with-systemdsystemunitdir needs a folder])])],
    [with_systemdsystemunitdir='${prefix}/lib/systemd/system'])
  tem_systemd=no
  AS_IF([test "x$with_systemd" != xno],
    [PKG_CHECK_MODULES([SYSTEMD], [libsystemd >= 221], [tem_systemd=yes],
      [AS_IF([test "x$with_systemd" = xyes],
        [AC_MSG_ERROR([--with-systemd: libsystemd was not found (Debian: libsystemd-dev)])])])])
  AS_IF([test "x$tem_systemd" = xyes],
    [AC_DEFINE([HAVE_SYSTEMD], [1], [Define to 1 to send notifications to systemd.])])
  AC_SUBST([systemdsystemunitdir], [$with_systemdsystemunitdir])
  AM_CONDITIONAL([HAVE_SYSTEMD], [test "x$tem_systemd" = xyes])
  tem_systemd_summary="no (libsystemd was not found)"
  AS_IF([test "x$with_systemd" = xno], [tem_systemd_summary=no])
  AS_IF([test "x$tem_systemd" = xyes], [tem_systemd_summary="yes, unit in $with_systemdsystemunitdir"])
])
