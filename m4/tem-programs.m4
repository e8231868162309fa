# SPDX-License-Identifier: MIT
# Programs that only tests and maintainers need.
AC_DEFUN([TEM_PROGRAMS], [
  AC_PATH_PROG([PYTHON3], [python3], [], [/usr/bin:$PATH])
  AC_CHECK_PROG([CLANG_FORMAT], [clang-format], [clang-format])
  AC_CHECK_PROG([CLANG_TIDY], [clang-tidy], [clang-tidy])
  AC_CHECK_PROG([CPPCHECK], [cppcheck], [cppcheck])
  AC_CHECK_PROG([SHELLCHECK], [shellcheck], [shellcheck])
  AM_CONDITIONAL([HAVE_PYTHON3], [test -n "$PYTHON3"])
])
