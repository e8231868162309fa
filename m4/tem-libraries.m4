# SPDX-License-Identifier: MIT
# The required libraries, and check, which only the unit tests need.
AC_DEFUN([TEM_LIBRARIES], [
  PKG_CHECK_MODULES([EVENT], [libevent_core >= 2.1])
  PKG_CHECK_MODULES([CJSON], [libcjson >= 1.7.13])
  PKG_CHECK_MODULES([ZLIB], [zlib])
  PKG_CHECK_MODULES([CARES], [libcares >= 1.18])
  AC_SEARCH_LIBS([pthread_create], [pthread], [], [AC_MSG_ERROR([POSIX threads are needed])])
  AC_SEARCH_LIBS([clock_nanosleep], [rt])
  AC_SEARCH_LIBS([exp2], [m], [], [AC_MSG_ERROR([the mathematical functions are needed])])

  AC_ARG_WITH([check], [AS_HELP_STRING([--without-check], [leave out the unit tests])],
    [], [with_check=auto])
  tem_check=no
  AS_IF([test "x$with_check" != xno],
    [PKG_CHECK_MODULES([CHECK], [check >= 0.15], [tem_check=yes],
      [AS_IF([test "x$with_check" = xyes], [AC_MSG_ERROR([--with-check: check was not found])])])])
  AM_CONDITIONAL([HAVE_CHECK], [test "x$tem_check" = xyes])
])
