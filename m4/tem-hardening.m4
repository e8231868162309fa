# SPDX-License-Identifier: MIT
# Hardening, because this faces the network: flags for programs only (-pie), and for everything.
AC_DEFUN([TEM_HARDENING], [
  AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening], [leave out hardening flags])],
    [], [enable_hardening=yes])
  TEM_LDFLAGS=
  TEM_PIE_CFLAGS=
  TEM_PIE_LDFLAGS=
  AS_IF([test "x$enable_hardening" = xyes], [
    TEM_ADD_FLAG([TEM_CFLAGS], [-fstack-protector-strong])
    TEM_ADD_FLAG([TEM_CFLAGS], [-fstack-clash-protection])
    # Needs optimisation, and must not override a distribution's own setting.
    AS_CASE([" $CPPFLAGS $CFLAGS "], [*_FORTIFY_SOURCE*|*" -O0 "*|*-fsanitize*], [],
      [*" -O"*], [AS_VAR_APPEND([TEM_CFLAGS], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
    TEM_ADD_LINK_FLAG([TEM_LDFLAGS], [-Wl,-z,relro])
    TEM_ADD_LINK_FLAG([TEM_LDFLAGS], [-Wl,-z,now])
    TEM_ADD_FLAG([TEM_PIE_CFLAGS], [-fPIE])
    TEM_ADD_LINK_FLAG([TEM_PIE_LDFLAGS], [-pie])
  ])
  AC_SUBST([TEM_CFLAGS])
  AC_SUBST([TEM_LDFLAGS])
  AC_SUBST([TEM_PIE_CFLAGS])
  AC_SUBST([TEM_PIE_LDFLAGS])
])
