# SPDX-License-Identifier: MIT
# What the system may or may not have.
AC_DEFUN([TEM_FEATURES], [
  AC_CHECK_FUNCS([accept4 clock_nanosleep])
  AC_CHECK_DECLS([SO_TIMESTAMPNS], [], [], [[#include <sys/socket.h>]])
  AM_CONDITIONAL([HAVE_TIMESTAMPS], [test "x$ac_cv_have_decl_SO_TIMESTAMPNS" = xyes])
  tem_inotify=no
  AC_CHECK_HEADER([sys/inotify.h], [AC_CHECK_HEADER([linux/magic.h], [tem_inotify=yes])])
  AM_CONDITIONAL([HAVE_INOTIFY], [test "x$tem_inotify" = xyes])
  AC_CHECK_MEMBERS([struct tcp_info.tcpi_min_rtt], [], [], [[#include <stdint.h>
#include <linux/tcp.h>]])
])
