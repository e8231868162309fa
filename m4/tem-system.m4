# SPDX-License-Identifier: MIT
# Which system the program is for: POSIX, or Windows through mingw-w64.
AC_DEFUN([TEM_SYSTEM], [
  AC_REQUIRE([AC_CANONICAL_HOST])
  TEM_STATIC_LDFLAGS=
  AS_CASE([$host_os], [mingw*], [tem_windows=yes], [tem_windows=no])
  AS_IF([test "x$tem_windows" = xyes], [
    # Windows 10, Server 2016 and later. Its C library has gmtime_r() only on request.
    CPPFLAGS="$CPPFLAGS -D_WIN32_WINNT=0x0A00 -D_POSIX_THREAD_SAFE_FUNCTIONS"
    LIBS="-liphlpapi -lshell32 -lwinmm -lws2_32 -lssp $LIBS"
    # The libraries are hardened even if the program is not: hence -lssp.
    # One file that runs on any Windows: only Windows' own libraries are linked dynamically.
    TEM_STATIC_LDFLAGS=-all-static
  ])
  AC_SUBST([TEM_STATIC_LDFLAGS])
  AM_CONDITIONAL([WINDOWS], [test "x$tem_windows" = xyes])
])
