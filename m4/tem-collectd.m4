# SPDX-License-Identifier: MIT
# The collectd plugin is built if collectd's headers are found, for which there is no pkg-config file.
AC_DEFUN([TEM_COLLECTD], [
  AC_ARG_WITH([collectd],
    [AS_HELP_STRING([--with-collectd@<:@=PREFIX@:>@], [build the collectd plugin, with the headers in PREFIX/include/collectd @<:@auto@:>@])],
    [], [with_collectd=auto])
  AC_ARG_WITH([collectd-plugindir],
    [AS_HELP_STRING([--with-collectd-plugindir=DIR], [install the collectd plugin in DIR @<:@LIBDIR/collectd@:>@])],
    [AS_CASE([$withval], [yes|no],
      [AC_MSG_ERROR([--with-collectd-plugindir needs a folder])])],
    [with_collectd_plugindir='${libdir}/collectd'])
  COLLECTD_CFLAGS=
  # A distribution's -z defs would refuse the daemon's functions, which are undefined until it loads the plugin.
  COLLECTD_LDFLAGS=
  tem_collectd=no
  AS_CASE([$with_collectd],
    [no], [],
    # The headers include each other sometimes as collectd/core/, sometimes as liboconfig/.
    [yes|auto], [COLLECTD_CFLAGS="-isystem /usr/include/collectd -isystem /usr/local/include/collectd"],
    [/*], [COLLECTD_CFLAGS="-isystem $with_collectd/include -isystem $with_collectd/include/collectd"],
    [AC_MSG_ERROR([--with-collectd: $with_collectd is not yes, no or an absolute path])])
  AS_IF([test "x$with_collectd" != xno], [
    AC_MSG_CHECKING([for collectd's headers])
    tem_save_CPPFLAGS=$CPPFLAGS
    CPPFLAGS="$CPPFLAGS $COLLECTD_CFLAGS"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#define HAVE_CONFIG_H 1
#include <collectd/core/daemon/plugin.h>]], [[return plugin_register_data_set(0);]])], [tem_collectd=yes])
    CPPFLAGS=$tem_save_CPPFLAGS
    AC_MSG_RESULT([$tem_collectd])
    AS_IF([test "x$tem_collectd" = xno && test "x$with_collectd" != xauto],
      [AC_MSG_ERROR([--with-collectd=$with_collectd: collectd's headers were not found (Debian: collectd-dev)])])
    AS_IF([test "x$tem_collectd" = xno], [COLLECTD_CFLAGS=])
    TEM_ADD_LINK_FLAG([COLLECTD_LDFLAGS], [-Wl,-z,undefs])
  ])
  AC_SUBST([COLLECTD_CFLAGS])
  AC_SUBST([COLLECTD_LDFLAGS])
  AC_SUBST([COLLECTD_PLUGINDIR], [$with_collectd_plugindir])
  AM_CONDITIONAL([HAVE_COLLECTD], [test "x$tem_collectd" = xyes])
  tem_collectd_summary="no (collectd's headers were not found)"
  AS_IF([test "x$with_collectd" = xno], [tem_collectd_summary=no])
  AS_IF([test "x$tem_collectd" = xyes], [tem_collectd_summary="yes, to $with_collectd_plugindir"])
])
