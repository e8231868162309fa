# SPDX-License-Identifier: MIT
# Atomics of 64 bits, which are calls of a library on some 32-bit processors. The functions have names of the compiler's
# own, so only a program that uses them tells.
AC_DEFUN([TEM_ATOMICS], [
  AC_CACHE_CHECK([for the library of 64-bit atomics], [tem_cv_atomics], [
    tem_cv_atomics=no
    tem_saved_libs=$LIBS
    for tem_library in "" -latomic; do
      LIBS="$tem_library $tem_saved_libs"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdatomic.h>
#include <stdint.h>
static _Atomic uint64_t counter;]], [[atomic_fetch_add(&counter, 1);
return atomic_load(&counter) != 1;]])], [tem_cv_atomics=${tem_library:-none required}; break])
    done
    LIBS=$tem_saved_libs
  ])
  AS_CASE([$tem_cv_atomics],
    [no], [AC_MSG_ERROR([atomics of 64 bits are needed; where the processor has none, the compiler's libatomic])],
    [-latomic], [LIBS="-latomic $LIBS"])
])
