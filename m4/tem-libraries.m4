# SPDX-License-Identifier: MIT
# TEM_OPTIONAL_LIBRARY(NAME, VARIABLE, MODULE, WHAT-ELSE): --without-NAME; sets the conditional HAVE_<NAME> and
# tem_<NAME> to yes or no.
AC_DEFUN([TEM_OPTIONAL_LIBRARY], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [$4])], [], [with_$1=auto])
  tem_$1=no
  AS_IF([test "x$with_$1" != xno],
    [PKG_CHECK_MODULES([$2], [$3], [tem_$1=yes],
      [AS_IF([test "x$with_$1" = xyes], [AC_MSG_ERROR([--with-$1: $1 was not found])])])])
  AM_CONDITIONAL(AS_TR_CPP([HAVE_$1]), [test "x$tem_$1" = xyes])
])

# The required libraries, and check, which only the unit tests need.
AC_DEFUN([TEM_LIBRARIES], [
  PKG_CHECK_MODULES([EVENT], [libevent_core >= 2.1])
  PKG_CHECK_MODULES([CJSON], [libcjson >= 1.7.13])
  TEM_OPTIONAL_LIBRARY([libdeflate], [DEFLATE], [libdeflate >= 1.6], [compress with zlib, which is slower])
  AS_IF([test "x$tem_libdeflate" = xno], [PKG_CHECK_MODULES([ZLIB], [zlib])])
  TEM_OPTIONAL_LIBRARY([gnutls], [GNUTLS], [gnutls >= 3.6.5], [leave out TLS and passwords])
  TEM_OPTIONAL_LIBRARY([libyaml], [YAML], [yaml-0.1 >= 0.2], [leave out TLS and passwords])
  tem_web_config=no
  AS_IF([test "x$tem_gnutls$tem_libyaml" = xyesyes], [
    tem_web_config=yes
    # For bcrypt: those who have this function, as libxcrypt does, know it. The program tries it.
    tem_saved_libs=$LIBS
    AC_SEARCH_LIBS([crypt_rn], [crypt], [
      AC_DEFINE([HAVE_CRYPT_RN], [1], [Define to 1 to verify passwords.])
      AS_IF([test "x$ac_cv_search_crypt_rn" != "xnone required"], [CRYPT_LIBS=$ac_cv_search_crypt_rn])])
    LIBS=$tem_saved_libs], [GNUTLS_LIBS= YAML_LIBS=])
  AC_SUBST([CRYPT_LIBS])
  AM_CONDITIONAL([HAVE_WEB_CONFIG], [test "x$tem_web_config" = xyes])
  PKG_CHECK_MODULES([CARES], [libcares >= 1.18])
  TEM_OPTIONAL_LIBRARY([libcurl], [CURL], [libcurl >= 7.68], [leave out targets by HTTP])
  AC_SEARCH_LIBS([pthread_create], [pthread], [], [AC_MSG_ERROR([POSIX threads are needed])])
  AC_SEARCH_LIBS([clock_nanosleep], [rt])
  AC_SEARCH_LIBS([exp2], [m], [], [AC_MSG_ERROR([the mathematical functions are needed])])

  AC_ARG_WITH([check], [AS_HELP_STRING([--without-check], [leave out the unit tests])],
    [], [with_check=auto])
  tem_check=no
  AS_IF([test "x$with_check" != xno],
    [PKG_CHECK_MODULES([CHECK], [check >= 0.15 zlib], [tem_check=yes],
      [AS_IF([test "x$with_check" = xyes], [AC_MSG_ERROR([--with-check: check, or zlib, was not found])])])])
  AM_CONDITIONAL([HAVE_CHECK], [test "x$tem_check" = xyes])
])
