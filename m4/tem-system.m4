# SPDX-License-Identifier: MIT
# Which system the program is for: POSIX, or Windows by mingw-w64.
AC_DEFUN([TEM_SYSTEM], [
  AC_REQUIRE([AC_CANONICAL_HOST])
  TEM_STATIC_LDFLAGS=
  AS_CASE([$host_os], [mingw*], [tem_windows=yes], [tem_windows=no])
  AS_IF([test "x$tem_windows" = xyes], [
    # Windows 10, Server 2016 and later. Its C library has gmtime_r() for those who ask alone.
    CPPFLAGS="$CPPFLAGS -D_WIN32_WINNT=0x0A00 -D_POSIX_THREAD_SAFE_FUNCTIONS"
    LIBS="-liphlpapi -lshell32 -lwinmm -lws2_32 -lssp $LIBS"
    # The libraries are hardened, even where the program is not to be: hence -lssp.
    # One file that runs on any Windows: nothing but Windows' own libraries stays outside.
    TEM_STATIC_LDFLAGS=-all-static
  ])
  AC_SUBST([TEM_STATIC_LDFLAGS])
  AM_CONDITIONAL([WINDOWS], [test "x$tem_windows" = xyes])
])
