# SPDX-License-Identifier: MIT
AC_DEFUN([TEM_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST], [compile with -fsanitize=LIST, e.g. address,undefined or thread])],
    [], [enable_sanitizers=no])
  AS_CASE([$enable_sanitizers],
    [no], [],
    [yes], [AC_MSG_ERROR([--enable-sanitizers needs a list: address,undefined or thread])],
    [tem_sanitize="-fsanitize=$enable_sanitizers"
     tem_save_LDFLAGS=$LDFLAGS
     LDFLAGS="$LDFLAGS $tem_sanitize"
     AC_MSG_CHECKING([whether $tem_sanitize links])
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
       [AC_MSG_RESULT([no])
        AC_MSG_ERROR([--enable-sanitizers=$enable_sanitizers: the compiler does not link with $tem_sanitize])])
     LDFLAGS=$tem_save_LDFLAGS
     TEM_SANITIZE_FLAGS="$tem_sanitize -fno-sanitize-recover=all -fno-omit-frame-pointer -g"])
  AC_SUBST([TEM_SANITIZE_FLAGS])
])

AC_DEFUN([TEM_COVERAGE], [
  AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [compile for gcov; see "make coverage"])],
    [], [enable_coverage=no])
  AS_IF([test "x$enable_coverage" = xyes], [
    AC_CHECK_PROG([GCOVR], [gcovr], [gcovr])
    AS_IF([test -z "$GCOVR"], [AC_MSG_ERROR([--enable-coverage: gcovr was not found])])
    TEM_COVERAGE_FLAGS="--coverage -O0"
  ])
  AC_SUBST([TEM_COVERAGE_FLAGS])
  AM_CONDITIONAL([ENABLE_COVERAGE], [test "x$enable_coverage" = xyes])
])
