# SPDX-License-Identifier: MIT
# TEM_ADD_FLAG(VARIABLE, FLAG): appends a compiler flag if the compiler accepts it without a warning.
AC_DEFUN([TEM_ADD_FLAG], [
  AS_VAR_PUSHDEF([cachevar], [tem_cv_flag_$2])
  AC_CACHE_CHECK([whether $CC accepts $2], [cachevar], [
    tem_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cachevar], [yes])],
      [AS_VAR_SET([cachevar], [no])])
    CFLAGS=$tem_save_CFLAGS
  ])
  AS_VAR_IF([cachevar], [yes], [AS_VAR_APPEND([$1], [" $2"])])
  AS_VAR_POPDEF([cachevar])
])

# TEM_ADD_LINK_FLAG(VARIABLE, FLAG): the same for the linker.
AC_DEFUN([TEM_ADD_LINK_FLAG], [
  AS_VAR_PUSHDEF([cachevar], [tem_cv_link_$2])
  AC_CACHE_CHECK([whether the linker accepts $2], [cachevar], [
    tem_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS -Werror $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cachevar], [yes])],
      [AS_VAR_SET([cachevar], [no])])
    LDFLAGS=$tem_save_LDFLAGS
  ])
  AS_VAR_IF([cachevar], [yes], [AS_VAR_APPEND([$1], [" $2"])])
  AS_VAR_POPDEF([cachevar])
])

AC_DEFUN([TEM_WARNINGS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
    [], [enable_werror=no])
  TEM_CFLAGS=
  m4_foreach_w([flag], [-Wall -Wextra -Wformat=2 -Wshadow -Wundef -Wvla -Wcast-qual -Wcast-align
    -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough -Wswitch-enum
    -Wnull-dereference -Wconversion -Wsign-conversion -Wdouble-promotion -Wlogical-op
    -Wduplicated-cond -Wduplicated-branches -fvisibility=hidden],
    [TEM_ADD_FLAG([TEM_CFLAGS], flag)])
  # mingw's compiler takes printf() for the one in Windows' old C library, which is not in use; builds for
  # other systems check the same formats. Its isnan() checks the size of its argument and then converts it.
  AS_IF([test "x$tem_windows" = xyes], [AS_VAR_APPEND([TEM_CFLAGS], [" -Wno-format -Wno-float-conversion"])])
  AS_IF([test "x$enable_werror" = xyes], [AS_VAR_APPEND([TEM_CFLAGS], [" -Werror"])])
])
